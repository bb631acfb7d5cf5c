import DigitEvents
import Logging
import NIOCore
import NIOPosix
