import ArgumentParser
import ResNet
import ResNetTraining

/// Which clips of which directories `digitd evaluate` judges.
struct ClipSelection: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Data directories; may be given more than once.", valueName: "dir"), completion: .directory)
    var data: [String]
    @Flag(help: "Judge only the speakers that were set apart when the network was trained.")
    var heldOut = false
    @Flag(help: "Judge FSDD's test clips only.")
    var officialTest = false
    @Flag(help: "Judge only the clips that the network's random split left out.")
    var splitTest = false
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "With --held-out, the network's own --train-only, where its file does not tell. With "
                + "--leave-one-speaker-out, as for digitd train.", valueName: "name"))
    var trainOnly: [String] = []

    /// What is judged.
    struct Selected {
        var clips: [LabelledClip]
        /// Recordings of several words, for networks that hear those.
        var utterances: [TranscribedClip] = []
        /// Noise recordings to judge in: those that the network was not trained on, where that is known.
        var noises: [NoiseClip]
        /// In a few words.
        var name: String
    }

    func validate() throws {
        let given = [("--held-out", heldOut), ("--official-test", officialTest), ("--split-test", splitTest)]
            .filter(\.1).map(\.0)
        if given.count > 1 { throw ValidationError("Give \(given[0]) or \(given[1]), not both.") }
    }

    /// The clips to judge; throws a sentence where there are none, or where the network heard them in training.
    ///
    /// - Parameter noiseAlone: whether noise recordings are enough.
    func select(for model: ModelFile, noiseAlone: Bool) throws -> Selected {
        let all = try DataSet(directories: data)
        let selected: Selected
        if splitTest || heldOut {
            selected = try setApart(all, model)
        } else {
            selected = try ordinary(all, model)
        }
        let hasUtterances = model.frontEnd == .utterance && !selected.utterances.isEmpty
        guard !selected.clips.isEmpty || hasUtterances || (noiseAlone && !selected.noises.isEmpty) else {
            let wanted = officialTest ? "of FSDD's test" : heldOut ? "of a speaker set apart" : "with a label"
            throw CommandFailure(
                .inputNotUsable,
                "\(data.joined(separator: ", ")) holds no clips \(wanted); see digitd evaluate --help for the layouts.")
        }
        return selected
    }

    private func ordinary(_ all: DataSet, _ model: ModelFile) throws -> Selected {
        guard officialTest else {
            return Selected(
                clips: all.clips, utterances: all.utterances, noises: all.noises, name: "all clips")
        }
        guard RandomSplitRecord(metadata: model.weights.metadata) == nil else {
            throw CommandFailure(
                .inputNotUsable,
                "The network \(model.path) was trained on a random split, and so on most of FSDD's test clips; "
                    + "give --split-test instead of --official-test.")
        }
        return Selected(clips: all.officialTest, noises: all.noises, name: "FSDD's test clips")
    }

    private func setApart(_ all: DataSet, _ model: ModelFile) throws -> Selected {
        let metadata = model.weights.metadata
        do throws(TrainedSplit.Refusal) {
            if heldOut {
                let part = try TrainedSplit.heldOutSpeakers(
                    of: all, directoryNames: DataSet.names(ofDirectories: data), metadata: metadata,
                    trainOnly: Set(trainOnly))
                return Selected(
                    clips: part.clips, utterances: part.utterances, noises: part.noises,
                    name: "speakers held out of training")
            }
            let part = try TrainedSplit.leftOut(of: all, metadata: metadata)
            let knowsOthers = model.frontEnd.labels.count == LabelledClip.labelCount
            return Selected(
                clips: part.clips.filter { knowsOthers || $0.label < LabelledClip.notADigit }, noises: all.noises,
                name: "the clips that the random split left out")
        } catch {
            throw Self.failure(error, model.path)
        }
    }

    private static func failure(_ refusal: TrainedSplit.Refusal, _ path: String) -> CommandFailure {
        let sentence =
            switch refusal {
            case .randomSplit:
                "The network \(path) was trained on a random split and so has heard all speakers; "
                    + "give --split-test instead of --held-out."
            case .notRandomSplit:
                "The network \(path) was not trained on a random split; give one of digitd train --split random, "
                    + "or leave --split-test out."
            case .setsMissing(let sets):
                "The network \(path) was trained on \(sets.joined(separator: ", ")) too; give the same directories with "
                    + "--data, and with --train-only the names of those that no speaker was held out of."
            case .otherTrainOnly(let sets):
                "The network \(path) was trained "
                    + (sets.isEmpty
                        ? "without --train-only; leave it out." : "with --train-only \(sets.joined(separator: " ")).")
            case .otherRecordings:
                "These recordings are not those that the network \(path) was trained on; "
                    + "give the same directories with --data in the same order."
            }
        return CommandFailure(.inputNotUsable, sentence)
    }
}
