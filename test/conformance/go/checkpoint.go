package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	formats "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type keys struct {
	log     note.Verifier
	witness note.Verifier // nil where none is asked for
}

func newKeys(vkey, witness string) (keys, error) {
	var known keys
	var err error
	if known.log, err = note.NewVerifier(vkey); err != nil {
		return known, fmt.Errorf("the log's key: %w", err)
	}
	if witness != "" {
		if known.witness, err = formats.NewVerifierForCosignatureV1(witness); err != nil {
			return known, fmt.Errorf("the witness's key: %w", err)
		}
	}
	return known, nil
}

// openCheckpoint reads a checkpoint that the log has signed, and the witness where one is given.
func openCheckpoint(path string, known keys, report *Report) (tlog.Tree, error) {
	var tree tlog.Tree
	signed, err := os.ReadFile(path)
	if err != nil {
		return tree, err
	}
	verifiers := []note.Verifier{known.log}
	if known.witness != nil {
		verifiers = append(verifiers, known.witness)
	}
	opened, err := note.Open(signed, note.VerifierList(verifiers...))
	if err != nil {
		return tree, fmt.Errorf("%s: %w", path, err)
	}
	if len(opened.Sigs) != len(verifiers) {
		return tree, fmt.Errorf("%s: %d of %d keys have signed", path, len(opened.Sigs), len(verifiers))
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != known.log.Name() || lines[3] != "" {
		return tree, fmt.Errorf("%s: not the three lines of a checkpoint of %s", path, known.log.Name())
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, fmt.Errorf("%s: %w", path, err)
	}
	if tree.Hash, err = tlog.ParseHash(lines[2]); err != nil {
		return tree, fmt.Errorf("%s: %w", path, err)
	}
	report.Checkpoints++
	report.Cosignatures += len(verifiers) - 1
	return tree, nil
}
