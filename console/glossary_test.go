package console

import (
	"os"
	"strings"
	"testing"
)

func TestGlossary_ListsEveryTermOfThePages(t *testing.T) {
	text, err := os.ReadFile("../docs/glossary.md")
	if err != nil {
		t.Fatal(err)
	}
	glossary := strings.ToLower(string(text))
	for kind, words := range Terms() {
		for _, w := range words {
			if !strings.Contains(glossary, strings.ToLower(w)) {
				t.Errorf("docs/glossary.md does not list %q (%s)", w, kind)
			}
		}
	}
}
