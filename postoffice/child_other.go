//go:build !linux

package postoffice

import "syscall"

// attributes: the servers of the tests are looked after on Linux; elsewhere they run as who started them.
func attributes(runAs) *syscall.SysProcAttr { return nil }
