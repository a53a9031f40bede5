package main

import (
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/tlog"
)

// givenProofs are proofs that Sealstream made. Roots are not in them: they are those of the signed checkpoints.
type givenProofs struct {
	Inclusion []struct {
		Index int64       `json:"index"`
		Size  int64       `json:"size"`
		Leaf  tlog.Hash   `json:"leaf"`
		Proof []tlog.Hash `json:"proof"`
	} `json:"inclusion"`
	Consistency []struct {
		OldSize int64       `json:"oldSize"`
		Size    int64       `json:"size"`
		Proof   []tlog.Hash `json:"proof"`
	} `json:"consistency"`
}

func (l *log) checkGivenProofs(path string, report *Report) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var given givenProofs
	if err := json.Unmarshal(text, &given); err != nil {
		return err
	}
	for _, p := range given.Inclusion {
		root, err := l.root(p.Size)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(p.Proof, p.Size, root, p.Index, p.Leaf); err != nil {
			return fmt.Errorf("the proof of entry %d in size %d: %w", p.Index, p.Size, err)
		}
		report.GivenProofs++
	}
	for _, p := range given.Consistency {
		root, err := l.root(p.Size)
		if err != nil {
			return err
		}
		oldRoot, err := l.root(p.OldSize)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(p.Proof, p.Size, root, p.OldSize, oldRoot); err != nil {
			return fmt.Errorf("the proof from size %d to %d: %w", p.OldSize, p.Size, err)
		}
		report.GivenProofs++
	}
	return nil
}

func (l *log) root(size int64) (tlog.Hash, error) {
	root, ok := l.roots[size]
	if !ok {
		return root, fmt.Errorf("no checkpoint of size %d", size)
	}
	return root, nil
}
