/** A kind of log that arrives as JSON of its own and is kept in `details` as it came. */
export interface RawLog {
  title: string;
  /** What Sigma calls it. */
  product: string;
  services: readonly string[];
  /** `details_schema` of its events: one of these. */
  schemas: readonly string[];
  /** Or `service` of its events, where an importer names no schema. */
  eventServices?: readonly string[];
  /** Where else in the log a field may stand that rules call so. The path that is the name itself is always looked at. */
  alsoAt?: (name: string) => readonly string[];
  /** Fields of the event itself that rules call so, instead of a path in the log. */
  eventFields?: Readonly<Record<string, string>>;
}

const renamed =
  (names: Readonly<Record<string, readonly string[]>>) =>
  (name: string): readonly string[] =>
    Object.hasOwn(names, name) ? names[name]! : [];

/** Sigma has the columns of Log Analytics (`ResultType`); exported logs begin in lower case and keep most under `properties`. */
function azureNames(name: string): string[] {
  const exported = name.replace(/(?<=^|\.)[A-Z]/g, (letter) => letter.toLowerCase());
  return [exported, `properties.${exported}`];
}

const workspaceNames = renamed({
  eventService: ['protoPayload.serviceName'],
  eventName: ['protoPayload.metadata.event.eventName'],
});

export const rawLogs: readonly RawLog[] = [
  { title: 'AWS CloudTrail', product: 'aws', services: ['cloudtrail'], schemas: ['aws.cloudtrail'] },
  {
    title: 'Okta System Log',
    product: 'okta',
    services: ['okta'],
    schemas: ['okta.system_log', 'okta.okta'],
    // As Sigma's rules had them until 2026.
    alsoAt: renamed({
      eventtype: ['eventType'],
      displaymessage: ['displayMessage'],
      'actor.alternateid': ['actor.alternateId'],
      'client.ipaddress': ['client.ipAddress'],
      'debugcontext.debugdata.behaviors': ['debugContext.debugData.behaviors'],
      'debugcontext.debugdata.logonlysecuritydata': ['debugContext.debugData.logOnlySecurityData'],
      'securitycontext.isproxy': ['securityContext.isProxy'],
    }),
  },
  { title: 'GitHub audit log', product: 'github', services: ['audit'], schemas: ['github.audit'] },
  {
    title: 'Kubernetes audit log',
    product: 'kubernetes',
    services: ['audit'],
    schemas: ['kubernetes.audit'],
    alsoAt: renamed({
      apiGroup: ['objectRef.apiGroup'],
      capabilities: ['requestObject.spec.containers.securityContext.capabilities.add'],
      hostPath: ['requestObject.spec.volumes.hostPath.path'],
    }),
  },
  ...(
    [
      ['Microsoft Entra audit log', 'auditlogs'],
      ['Microsoft Entra sign-in log', 'signinlogs'],
      ['Azure activity log', 'activitylogs'],
      ['Microsoft Entra risk detections', 'riskdetection'],
      ['Microsoft Entra PIM alerts', 'pim'],
    ] as const
  ).map(([title, service]) => ({
    title,
    product: 'azure',
    services: [service],
    schemas: [`azure.${service}`],
    alsoAt: azureNames,
  })),
  {
    title: 'Google Cloud audit log',
    product: 'gcp',
    services: ['gcp.audit'],
    schemas: ['gcp.audit'],
    alsoAt: (name) => [
      ...renamed({
        'gcp.audit.method_name': ['protoPayload.methodName'],
        'gcp.audit.service_name': ['protoPayload.serviceName'],
        'gcp.audit.resource_name': ['protoPayload.resourceName'],
      })(name),
      ...(name.startsWith('data.') ? [name.slice('data.'.length)] : []),
    ],
  },
  {
    title: 'Google Workspace admin log',
    product: 'gcp',
    services: ['google_workspace.admin'],
    schemas: ['google_workspace.admin'],
    alsoAt: workspaceNames,
  },
  {
    title: 'Google Workspace login log',
    product: 'gcp',
    services: ['google_workspace.login'],
    schemas: ['google_workspace.login'],
    alsoAt: workspaceNames,
  },
  ...['audit', 'exchange', 'threat_management', 'threat_detection'].map((service) => ({
    title: 'Microsoft 365 audit log',
    product: 'm365',
    services: [service],
    // One export holds them all.
    schemas: [`m365.${service}`, ...(service === 'audit' ? [] : ['m365.audit'])],
    alsoAt: renamed({
      eventSource: ['Workload'],
      eventName: ['Name', 'Operation'],
      status: ['Status', 'ResultStatus'],
    }),
  })),
  { title: 'Bitbucket audit log', product: 'bitbucket', services: ['audit'], schemas: ['bitbucket.audit'] },
  { title: 'Duo log', product: 'cisco', services: ['duo'], schemas: ['cisco.duo'] },
  { title: 'OneLogin events', product: 'onelogin', services: ['onelogin.events'], schemas: ['onelogin.events'] },
  {
    title: 'sshd',
    product: 'linux',
    services: ['sshd'],
    schemas: ['linux.sshd'],
    eventServices: ['sshd'],
    eventFields: {
      src_ip: 'ip',
      SourceIP: 'ip',
      IpAddress: 'ip',
      ip: 'ip',
      user: 'actor.name',
      User: 'actor.name',
      TargetUserName: 'actor.name',
      host: 'target.name',
      hostname: 'target.name',
      Computer: 'target.name',
      ComputerName: 'target.name',
      action: 'action',
      outcome: 'outcome',
      reason: 'reason',
      message: 'message',
      src_port: 'details.port',
      method: 'auth_method',
      auth_method: 'auth_method',
    },
  },
];
