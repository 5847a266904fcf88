package main

import (
	"context"
	"errors"
)

func runDemo(context.Context, *Main, *demoCmd) error  { return errors.New("demo is not built yet") }
