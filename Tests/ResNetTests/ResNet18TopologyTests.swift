import ResNet
import Testing

struct ResNet18TopologyTests {
    @Test func parametersAreTorchvisions() {
        let parameters = ResNet18Topology.parameters
        #expect(parameters.count == 102)
        let trained = parameters.filter { !$0.name.contains("running_") }.map { $0.shape.reduce(1, *) }.reduce(0, +)
        // torchvision's resnet18 with one input channel and eleven outputs.
        #expect(trained == 11_175_883)
        let shapes = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.shape) })
        #expect(shapes["conv1.weight"] == [64, 1, 7, 7])
        #expect(shapes["layer1.0.conv1.weight"] == [64, 64, 3, 3])
        #expect(shapes["layer2.0.downsample.0.weight"] == [128, 64, 1, 1])
        #expect(shapes["layer2.0.downsample.1.running_var"] == [128])
        #expect(shapes["layer4.1.conv2.weight"] == [512, 512, 3, 3])
        #expect(shapes["layer1.0.downsample.0.weight"] == nil)
        #expect(shapes["fc.weight"] == [11, 512])
        #expect(shapes["fc.bias"] == [11])
    }

    @Test(arguments: [4, 8])
    func convolutionalNetworkHalvesFrequencyAsTorchvision_andTimeAsSeldomAsAsked(framesPerColumn: Int) {
        let convolutions = ResNet18Topology.convolutions(framesPerColumn: framesPerColumn)
        #expect(convolutions.map(\.name) == ResNet18Topology.convolutions.map(\.name))
        #expect(convolutions.map(\.weightShape) == ResNet18Topology.convolutions.map(\.weightShape))
        #expect(convolutions.map(\.stride) == ResNet18Topology.convolutions.map(\.stride))
        let halving = convolutions.filter { $0.timeStride == 2 }.map(\.name)
        #expect(halving == (framesPerColumn == 4 ? ["conv1"] : ["conv1", "layer2.0.conv1", "layer2.0.downsample.0"]))
        let pooling = ResNet18Topology.stemPooling
        for frames in 1...70 {
            var columns = ResNet18Topology.stem.outputTimeExtent(frames)
            columns = (columns + 2 * pooling.padding - pooling.kernel) / pooling.stride + 1
            for block in ResNet18Topology.blocks(framesPerColumn: framesPerColumn) {
                let shortcut = block.downsample?.outputTimeExtent(columns) ?? columns
                columns = block.conv2.outputTimeExtent(block.conv1.outputTimeExtent(columns))
                #expect(shortcut == columns, "\(block.name), \(frames) frames")
            }
            let shape = NetworkShape(
                inputHeight: 40, inputWidth: frames, classCount: 13, framesPerColumn: framesPerColumn)
            #expect(shape.columnCount == columns, "\(frames) frames")
        }
    }

    @Test func networkOfOneAnswerHasOneColumn_andEqualStrides() {
        #expect(NetworkShape.standard.columnCount == 1)
        #expect(ResNet18Topology.convolutions.allSatisfy { $0.stride == $0.timeStride })
    }

    @Test func labelsFitTheOutputs() {
        #expect(ResNet18Topology.labels.count == ResNet18Topology.classCount)
        #expect(ResNet18Topology.inputCount == 3840)
    }

    @Test func validateNamesTheTensorAtFault() throws {
        var weights = WeightsFile()
        for (name, shape) in ResNet18Topology.parameters {
            weights.tensors[name] = WeightTensor(shape: shape, values: [Float](repeating: 0, count: shape.reduce(1, *)))
        }
        try ResNet18Topology.validate(weights)

        var broken = weights
        broken.tensors["layer3.1.bn2.running_mean"] = nil
        var error = #expect(throws: WeightsError.self) { try ResNet18Topology.validate(broken) }
        #expect(
            error?.description
                == "The weights lack the tensor layer3.1.bn2.running_mean; use a file written by digitd train.")

        broken = weights
        broken.tensors["fc.bias"] = WeightTensor(shape: [10], values: [Float](repeating: 0, count: 10))
        error = #expect(throws: WeightsError.self) { try ResNet18Topology.validate(broken) }
        #expect(
            error?.description
                == "The tensor fc.bias has the shape [10], but the network needs [11]; use a file written by digitd train."
        )

        broken = weights
        broken.tensors["bn1.running_var"]?.values[3] = -1
        error = #expect(throws: WeightsError.self) { try ResNet18Topology.validate(broken) }
        #expect(
            error?.description
                == "The tensor bn1.running_var can't be used: it holds a negative variance; use a file written by digitd train."
        )
    }
}
