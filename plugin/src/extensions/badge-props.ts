/** Which workload a badge is about; all of a namespace without `workload`. `datasourceUid`: the first KubeWise without one. */
export interface IncidentBadgeProps {
  readonly namespace: string;
  readonly workload?: string;
  readonly datasourceUid?: string;
}
