package strictyaml

import (
	"cmp"
	"fmt"

	"github.com/goccy/go-yaml/token"
)

// What a file may hold. The parser takes time and memory by the square of the keys, and of the depth.
const (
	maxBytes  = 4 << 20
	maxTokens = 200_000
	maxKeys   = 20_000
	maxDepth  = 100     // brackets within brackets
	maxColumn = 500     // where a block may begin: its depth, too
	maxNodes  = 100_000 // what aliases may blow it up to
)

// largeError is a file that would take too long to read.
type largeError struct {
	at         *token.Token
	text, mend string
}

func (e *largeError) Error() string { return e.text }

func tooLarge(tokens token.Tokens) error {
	keys, depth := 0, 0
	for i, t := range tokens {
		var block *token.Token // where one begins
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.MappingValueType:
			keys++
			block = tokens[max(i-1, 0)]
		case token.MappingKeyType:
			keys++
			block = t
		case token.SequenceEntryType:
			block = t
			if i > 0 && tokens[i-1].Type == t.Type { // an empty entry costs as much as a key
				keys++
			}
		}
		switch {
		case i == maxTokens:
			return &largeError{t, "the file is too large", fmt.Sprintf("it may hold about %d values", maxTokens/2)}
		case keys > maxKeys:
			return &largeError{t, "the file is too large", fmt.Sprintf("it may hold %d keys", maxKeys)}
		case depth > maxDepth, depth == 0 && block != nil && block.Position.Column > maxColumn:
			return &largeError{cmp.Or(block, t), "what stands here is nested too deeply", ""}
		}
	}
	return nil
}
