package ticket

// HashLines is hashLines, for tests that register the fence of a notice themselves.
func HashLines(block, but string) []byte { return hashLines(block, but) }
