// Checks a log's folder with implementations that are not ours: notes and trees with golang.org/x/mod (the code of the Go checksum
// database), cosignatures with github.com/transparency-dev/formats.
//
//	go run . -folder LOG -vkey VKEY [-witness VKEY] [-proofs FILE]
//
// LOG holds checkpoint, checkpoints/SIZE and tile/…. Exit status 1 and one line that says what is wrong, or 0 and a line of JSON.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
)

// Report counts what was verified; nothing is counted that was not.
type Report struct {
	Size         int64 `json:"size"`
	Checkpoints  int   `json:"checkpoints"`
	Cosignatures int   `json:"cosignatures"`
	Entries      int64 `json:"entries"`
	Tiles        int   `json:"tiles"`
	Inclusion    int   `json:"inclusion"`
	Consistency  int   `json:"consistency"`
	GivenProofs  int   `json:"givenProofs"`
}

func main() {
	folder := flag.String("folder", "", "the log's folder")
	vkey := flag.String("vkey", "", "the log's verification key")
	witness := flag.String("witness", "", "a witness's verification key; every checkpoint has to bear its cosignature")
	proofs := flag.String("proofs", "", "a file of proofs to check")
	flag.Parse()
	report, err := run(*folder, *vkey, *witness, *proofs)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(report)
}

func run(folder, vkey, witness, proofs string) (*Report, error) {
	keys, err := newKeys(vkey, witness)
	if err != nil {
		return nil, err
	}
	report := &Report{}
	log, err := openLog(folder, keys, report)
	if err != nil {
		return nil, err
	}
	if err := log.checkEntries(report); err != nil {
		return nil, err
	}
	if err := log.checkInclusion(report); err != nil {
		return nil, err
	}
	if err := log.checkConsistency(report); err != nil {
		return nil, err
	}
	if proofs != "" {
		if err := log.checkGivenProofs(proofs, report); err != nil {
			return nil, err
		}
	}
	return report, nil
}
