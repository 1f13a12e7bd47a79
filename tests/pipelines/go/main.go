// Reads, on standard input, what dinp pipeline printed, and prints the pod that a CI system makes of it: each format is
// decoded strictly into the system's own types, and turned into a pod by the system's own code where that is a library.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

var systems = map[string]func(input []byte, args []string) (*corev1.PodSpec, error){
	"pod":    podOf,
	"patch":  patched,
	"tekton": tektonPod,
	"argo":   argoPod,
	"arc":    arcPod,
}

func main() {
	if len(os.Args) < 2 || systems[os.Args[1]] == nil {
		fail(fmt.Errorf("usage: %s pod|patch BASE|tekton|argo|arc CHART", os.Args[0]))
	}
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail(err)
	}
	spec, err := systems[os.Args[1]](input, os.Args[2:])
	if err != nil {
		fail(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(spec); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func podOf(input []byte, _ []string) (*corev1.PodSpec, error) {
	pod := corev1.Pod{}
	return &pod.Spec, yaml.UnmarshalStrict(input, &pod)
}
