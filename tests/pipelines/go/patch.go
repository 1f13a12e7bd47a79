package main

import (
	"encoding/json"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"sigs.k8s.io/yaml"
)

// patched merges a patch of a pod's spec into the pod in a file, as GitLab's runner (executors/kubernetes,
// doPodSpecMerge) and Buildkite's controller (internal/controller/scheduler, PatchPodSpec) do.
func patched(input []byte, args []string) (*corev1.PodSpec, error) {
	text, err := os.ReadFile(args[0])
	if err != nil {
		return nil, err
	}
	base, err := podOf(text, nil)
	if err != nil {
		return nil, err
	}
	// What has no place in a pod's spec would vanish without a word.
	if err := yaml.UnmarshalStrict(input, &corev1.PodSpec{}); err != nil {
		return nil, err
	}
	original, err := json.Marshal(base)
	if err != nil {
		return nil, err
	}
	patch, err := yaml.YAMLToJSON(input)
	if err != nil {
		return nil, err
	}
	merged, err := strategicpatch.StrategicMergePatch(original, patch, corev1.PodSpec{})
	if err != nil {
		return nil, err
	}
	spec := &corev1.PodSpec{}
	return spec, yaml.UnmarshalStrict(merged, spec)
}
