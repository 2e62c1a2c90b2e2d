package main

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// Bounds of a recipe, far beyond what a person writes: the parser calls itself for every level, and
// aliases of aliases grow without bound.
const (
	maxRecipeBytes = 1 << 18
	maxRecipeDepth = 50
	// maxRecipeColumn bounds the depth of blocks, each of which is indented further.
	maxRecipeColumn = 500
)

// checkRecipeSize looks at the tokens of a recipe before it is parsed, and refuses what would take
// much more time or memory than its length, and aliases, of which a recipe has no use.
func checkRecipeSize(data []byte) error {
	if len(data) > maxRecipeBytes {
		return fmt.Errorf("it has %d bytes; a recipe has %d at most", len(data), maxRecipeBytes)
	}
	depth, prefixes := 0, 0
	for _, t := range lexer.Tokenize(string(data)) {
		prefix := false
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			return fmt.Errorf("line %d: anchors and aliases are not taken; write the value out", t.Position.Line)
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType:
			if depth <= 0 && t.Position.Column > maxRecipeColumn {
				return tooDeep(t)
			}
			prefix = t.Type != token.MappingValueType
		case token.TagType:
			prefix = true
		}
		if prefixes++; !prefix {
			prefixes = 0
		}
		if depth > maxRecipeDepth || prefixes > maxRecipeDepth {
			return tooDeep(t)
		}
	}
	return nil
}

func tooDeep(t *token.Token) error {
	if t.Position == nil {
		return errors.New("it is nested too deep")
	}
	return fmt.Errorf("line %d: it is nested too deep", t.Position.Line)
}
