/// The recordings that a network was not trained on, drawn again from its weights file's metadata as they were then.
public enum TrainedSplit {
    /// Why they cannot be drawn. Each is one sentence without the network's name.
    public enum Refusal: Error, Sendable, Equatable {
        /// It was trained on a random split, and heard everybody.
        case randomSplit
        /// It was trained on a split by speakers, or says nothing of its split.
        case notRandomSplit
        /// Sets that it was trained on are missing here.
        case setsMissing([String])
        /// It was trained with other sets of `--train-only`.
        case otherTrainOnly([String])
        /// The split of these recordings is not the one it was trained with.
        case otherRecordings
    }

    /// The speakers set apart, with the noise recordings set apart.
    ///
    /// A network from before splits were recorded says only which sets it was trained on; then the split is made as
    /// `digitd train` makes it with the sets given as `trainOnly`.
    ///
    /// - Parameters:
    ///   - data: the recordings of the same directories, in the same order.
    ///   - directoryNames: the sets' names, those without a clip among them.
    ///   - metadata: of the weights file.
    ///   - trainOnly: sets that nobody was held out of; empty to take what the file says.
    public static func heldOutSpeakers(
        of data: DataSet, directoryNames: [String], metadata: [String: String], trainOnly: Set<String>
    ) throws(Refusal) -> DataSet {
        guard RandomSplitRecord(metadata: metadata) == nil else { throw .randomSplit }
        guard let record = SpeakerSplitRecord(metadata: metadata) else {
            let sets = (metadata["trained.on"] ?? "").prefix { $0 != ";" }.split(separator: ",").map(String.init)
            let missing = sets.filter { !directoryNames.contains($0) && !trainOnly.contains($0) }
            guard missing.isEmpty else { throw .setsMissing(missing) }
            var options = SplitOptions()
            options.setsOnlyTrained = trainOnly
            return data.split(options).validation
        }
        guard trainOnly.isEmpty || trainOnly == record.setsOnlyTrained else {
            throw .otherTrainOnly(record.setsOnlyTrained.sorted())
        }
        let split = data.split(record.options)
        guard SpeakerSplitRecord(split, record.options) == record else { throw .otherRecordings }
        return split.validation
    }

    /// The fifth that a random split left out.
    public static func leftOut(of data: DataSet, metadata: [String: String]) throws(Refusal) -> DataSet {
        guard let record = RandomSplitRecord(metadata: metadata) else { throw .notRandomSplit }
        let split = data.randomSplit(seed: record.seed)
        guard RandomSplitRecord(split, seed: record.seed) == record else { throw .otherRecordings }
        return split.validation
    }
}
