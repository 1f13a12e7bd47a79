package main

import (
	"fmt"

	argo "github.com/argoproj/argo-workflows/v4/pkg/apis/workflow/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// argoPod is what Argo's controller puts together of a template (workflow/controller/workflowpod.go): its own
// containers are left out, init containers and sidecars are taken as they are.
func argoPod(input []byte, _ []string) (*corev1.PodSpec, error) {
	workflow := argo.Workflow{}
	if err := yaml.UnmarshalStrict(input, &workflow); err != nil {
		return nil, err
	}
	template := workflow.GetTemplateByName(workflow.Spec.Entrypoint)
	if template == nil || template.Container == nil {
		return nil, fmt.Errorf("the entrypoint %q is no template with a container", workflow.Spec.Entrypoint)
	}
	spec := &corev1.PodSpec{RestartPolicy: corev1.RestartPolicyNever, Volumes: template.Volumes}
	for _, each := range template.InitContainers {
		spec.InitContainers = append(spec.InitContainers, each.Container)
	}
	main := *template.Container
	main.Name = "main"
	spec.Containers = append(spec.Containers, main)
	for _, each := range template.Sidecars {
		spec.Containers = append(spec.Containers, each.Container)
	}
	if template.PodSpecPatch != "" {
		return spec, yaml.UnmarshalStrict([]byte(template.PodSpecPatch), spec)
	}
	return spec, nil
}
