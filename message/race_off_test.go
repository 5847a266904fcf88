//go:build !race

package message

// raceDetector says that allocations are not what they are without it.
const raceDetector = false
