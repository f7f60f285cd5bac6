// Command mesh runs what a mesh on one machine needs, for the tests:
//
//	mesh istiod [flags]            Istio's control plane, on a folder in place of a cluster, or on a cluster
//	mesh beside PROGRAM [args]     another program, such as Envoy
//
// Either ends when its standard input does, that is, when whoever started it is gone, however that came about.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"reflect"
	"syscall"
	"time"

	"istio.io/istio/pilot/pkg/bootstrap"
	"istio.io/istio/pkg/config/constants"
	"istio.io/istio/pkg/kube"
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

func istiod(arguments []string) {
	flags := flag.NewFlagSet("istiod", flag.ExitOnError)
	configuration := flags.String("configuration", "", "folder that holds Istio's objects as YAML, for a MeshConfig without sources")
	kubeconfig := flags.String("kubeconfig", "", "file that leads to the cluster among the MeshConfig's sources, if one is")
	mesh := flags.String("mesh", "", "file that holds the MeshConfig")
	http := flags.String("http", "", "address that tells whether it is ready")
	discovery := flags.String("discovery", "", "address that tells proxies what to do")
	_ = flags.Parse(arguments)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	options := bootstrap.NewPilotArgs(func(p *bootstrap.PilotArgs) {
		p.RegistryOptions.FileDir = *configuration
		p.RegistryOptions.KubeConfig = *kubeconfig
		p.RegistryOptions.KubeOptions.DomainSuffix = constants.DefaultClusterLocalDomain
		p.MeshConfigFile = *mesh
		p.ServerOptions.HTTPAddr = *http
		p.ServerOptions.GRPCAddr = *discovery
	})
	var changes []func(*bootstrap.Server)
	if *kubeconfig == "" {
		changes = append(changes, withoutKubernetes)
	}
	server, err := bootstrap.NewServer(options, changes...)
	if err != nil {
		fail(err.Error())
	}
	if err := server.Start(make(chan struct{})); err != nil {
		fail(err.Error())
	}
	select {}
}

// withoutKubernetes gives the server an empty cluster in memory, as Istio's own tests of it do: at this version a server
// that has a folder and no cluster does not start. There is no exported way to the field.
func withoutKubernetes(server *bootstrap.Server) {
	field := reflect.ValueOf(server).Elem().FieldByName("kubeClient")
	client := reflect.NewAt(field.Type(), field.Addr().UnsafePointer()).Elem()
	client.Set(reflect.ValueOf(kube.NewFakeClient()))
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
