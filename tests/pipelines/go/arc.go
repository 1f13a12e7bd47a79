package main

import (
	"fmt"
	"maps"
	"strings"

	actions "github.com/actions/actions-runner-controller/apis/actions.github.com/v1alpha1"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// arcPod renders the chart in a folder with values, and takes the runners' pod out of what comes.
func arcPod(input []byte, args []string) (*corev1.PodSpec, error) {
	chart, err := loader.Load(args[0])
	if err != nil {
		return nil, err
	}
	values, err := chartutil.ReadValues(input)
	if err != nil {
		return nil, err
	}
	// Without a cluster the chart cannot look its controller up.
	values["controllerServiceAccount"] = map[string]any{"name": "controller", "namespace": "arc"}
	release := chartutil.ReleaseOptions{Name: "docker", Namespace: "default", IsInstall: true}
	capabilities := chartutil.DefaultCapabilities.Copy()
	all, err := chartutil.ToRenderValues(chart, values, release, capabilities)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(chart, all)
	if err != nil {
		return nil, err
	}
	for name := range maps.Keys(files) {
		if strings.HasSuffix(name, "/autoscalingrunnerset.yaml") {
			set := actions.AutoscalingRunnerSet{}
			return &set.Spec.Template.Spec, yaml.UnmarshalStrict([]byte(files[name]), &set)
		}
	}
	return nil, fmt.Errorf("the chart %s makes no runners", args[0])
}
