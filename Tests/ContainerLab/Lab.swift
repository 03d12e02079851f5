internal import Posix
