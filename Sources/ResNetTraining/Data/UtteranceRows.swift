import ResNet

/// Batches of rows that are packed with utterances.
///
/// A network's primitives are made for one width, and utterances have any: a row holds as many as fit. Little of a
/// batch is left empty, and no column outside of an utterance has a loss.
final class UtteranceRows: BatchMaker {
    /// Drawn until a batch is so full; what then does not fit is dropped, the shortest first.
    private static let fill = 0.97

    private var maker: WindowMaker
    private let sampler: UtteranceSampler
    private let shape: NetworkShape
    private let plan: BatchPlan

    /// - Parameters:
    ///   - shape: of a row and its columns.
    ///   - plan: its batches' size is in rows.
    init(_ maker: consuming WindowMaker, _ sampler: UtteranceSampler, shape: NetworkShape, _ plan: BatchPlan) {
        self.maker = maker
        self.sampler = sampler
        self.shape = shape
        self.plan = plan
    }

    func make(epoch: Int, index: Int) -> Batch {
        let framesPerColumn = shape.framesPerColumn!
        let room = Int(Double(plan.batchSize * shape.inputWidth) * Self.fill)
        var utterances: [WindowMaker.Utterance] = []
        var frames = 0
        while frames < room {
            // A batch holds fewer than one utterance each 8 frames.
            let position = index * plan.batchSize * shape.inputWidth / 8 + utterances.count
            utterances.append(
                maker.makeUtterance(
                    sampler.draw(epoch: epoch, position: position), framesMax: shape.inputWidth,
                    framesPerColumn: framesPerColumn, seed: plan.seed, epoch: epoch, position: position))
            frames += RowPacking.occupied(utterances.last!.frameCount)
        }
        // First fit, the longest first.
        var packing = RowPacking(rows: plan.batchSize, shape: shape)
        let order = utterances.indices.sorted {
            (-utterances[$0].frameCount, $0) < (-utterances[$1].frameCount, $1)
        }
        for number in order { _ = packing.place(utterances[number].frames, target: utterances[number].target) }
        return Batch(
            epoch: epoch, index: index, windows: packing.values, labels: [], utterances: packing.targets)
    }
}
