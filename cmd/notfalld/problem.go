package main

import (
	"errors"
	"io/fs"

	"notfalld/strictyaml"
)

// Problem is one thing that is wrong with a file that an admin wrote: where, what, and the mend.
type Problem = strictyaml.Problem

// Broken says whether one of the problems is more than a warning.
func Broken(ps []Problem) bool { return strictyaml.Broken(ps) }

// oneLine keeps what a file or a mail holds from breaking the line or steering the terminal.
func oneLine(s string) string { return strictyaml.OneLine(s) }

// reason is an error without the name of the file: that stands before it.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
