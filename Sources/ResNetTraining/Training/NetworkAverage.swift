import ResNet

/// The mean of networks of which one went on from another: it often knows what each of them knows, and generalises better than
/// either (Wortsman et al., "Robust fine-tuning of zero-shot models" and "Model soups", 2022).
public enum NetworkAverage {
    /// Averages networks, weight by weight, fits temperature and threshold anew on the speakers that training holds out, measures the
    /// activations' ranges on training windows, and writes the result to `options.output`, F16, by rename.
    ///
    /// Running means and variances of the batch norms are averaged too, which is right only for networks near each other.
    ///
    /// - Parameters:
    ///   - paths: weights files of the options' recipe, not the seed's; one alone is only fitted and measured.
    ///   - options: directories, split and threads, as the networks were trained with; epochs and rates have no meaning here.
    /// - Throws: `WeightsError` and `DataError`; `TrainingError.noValidation`.
    public static func run(
        _ paths: [String], options: TrainingOptions, report: (TrainingProgress) -> Void
    ) throws -> WeightsFile {
        let networks = try paths.map { try WeightsFile(contentsOf: $0) }
        let setup: any TrainingSetup =
            options.recipe == .numbers
            ? try NumbersSetup(options, report: report) : try StandardSetup(options, report: report)
        for network in networks { try ResNet18Topology.validate(network, classCount: setup.shape.classCount) }
        var result = mean(networks, classCount: setup.shape.classCount)
        result.metadata = try setup.metadata(try setup.judge(result), of: result)
        if let ranges = try setup.activationRanges(result) { result.metadata.merge(ranges.metadata) { $1 } }
        let runs = networks.map { $0.metadata["trained.by"] ?? "unknown" }
        result.metadata["trained.by"] = "digitd train --average: " + runs.joined(separator: "; ")
        try result.write(to: options.output, precision: .f16)
        return result
    }

    /// The tensors' means, without metadata, of validated networks.
    static func mean(
        _ networks: [WeightsFile], classCount: Int = ResNet18Topology.classCount
    ) -> WeightsFile {
        var result = WeightsFile()
        let share = 1 / Float(networks.count)
        for (name, shape) in ResNet18Topology.parameters(classCount: classCount) {
            var values = [Float](repeating: 0, count: shape.reduce(1, *))
            for network in networks {
                let others = network.tensors[name]!.values
                for i in values.indices { values[i] += share * others[i] }
            }
            result.tensors[name] = WeightTensor(shape: shape, values: values)
        }
        return result
    }
}
