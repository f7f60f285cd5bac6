// Command mesh runs what a mesh on one machine needs, for the tests:
//
//	mesh istiod [flags]            Istio's control plane, with the flags of `pilot-discovery discovery`
//	mesh beside PROGRAM [args]     another program, such as Envoy
//
// Either ends when its standard input does, that is, when whoever started it is gone, however that came about.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"istio.io/istio/pilot/cmd/pilot-discovery/app"
)

const usage = "usage: mesh istiod [flags]\n       mesh beside PROGRAM [args]"

// patience is how long a program may take to end by itself once its lifeline is cut.
const patience = 2 * time.Second

func main() {
	switch {
	case len(os.Args) >= 2 && os.Args[1] == "istiod":
		istiod(os.Args[2:])
	case len(os.Args) >= 3 && os.Args[1] == "beside":
		beside(exec.Command(os.Args[2], os.Args[3:]...))
	default:
		fail(usage)
	}
}

func istiod(flags []string) {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	command := app.NewRootCommand()
	command.SetArgs(append([]string{"discovery"}, flags...))
	if err := command.Execute(); err != nil {
		fail(err.Error())
	}
}

func beside(program *exec.Cmd) {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	program.Stdout, program.Stderr = os.Stdout, os.Stderr
	if err := program.Start(); err != nil {
		fail(err.Error())
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop <- syscall.SIGTERM
	}()
	go func() {
		<-stop
		_ = program.Process.Signal(syscall.SIGTERM)
		time.Sleep(patience)
		_ = program.Process.Kill()
	}()
	err := program.Wait()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		os.Exit(max(ended.ExitCode(), 1))
	}
	if err != nil {
		fail(err.Error())
	}
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(2)
}
