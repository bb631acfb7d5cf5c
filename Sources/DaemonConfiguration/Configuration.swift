import SpeechSegmenter
import TOMLKit
