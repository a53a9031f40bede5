import type { Expression } from '../expression.js';
import { anyValue, documentField } from './build.js';

/** The JSON of an event as tools write it from .evtx files: `{Event: {System, EventData}}`. */
export const windowsSchema = 'windows.event';

/** Tags below UserData that hold fields. */
const userData = ['EventXML', 'Operation_ClientFailure', 'Operation_ESStoConsumerBinding', 'LogFileCleared'];

/** A rule's name is one of EventData, where it may have spaces, of UserData, of System (`EventID`), or of an attribute (`Provider_Name`). */
export function windowsNames(name: string): string[] {
  if (systemTags.includes(name)) return [`Event.System.${name}`];
  const [tag = '', attribute] = name.split('_');
  if (attribute !== undefined && systemAttributes.includes(tag))
    return [`Event.System.${tag}.#attributes.${attribute}`];
  const spaced = name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, ' ');
  return [
    `Event.EventData.${name}`,
    ...(spaced === name ? [] : [`Event.EventData.${spaced}`]),
    ...userData.map((below) => `Event.UserData.${below}.${name}`),
  ];
}

const systemTags = ['EventID', 'Channel', 'Computer', 'EventRecordID'];
const systemAttributes = ['Provider', 'TimeCreated', 'Correlation', 'Execution', 'Security'];

const sysmon = 'Microsoft-Windows-Sysmon';

/** Sysmon's ids of events by Sigma's category. */
const sysmonIds: Readonly<Record<string, readonly number[]>> = {
  process_creation: [1],
  file_change: [2],
  network_connection: [3],
  sysmon_status: [4, 16],
  process_termination: [5],
  driver_load: [6],
  image_load: [7],
  create_remote_thread: [8],
  raw_access_thread: [9],
  process_access: [10],
  file_event: [11],
  registry_add: [12],
  registry_delete: [12],
  registry_event: [12, 13, 14],
  registry_set: [13],
  registry_rename: [14],
  create_stream_hash: [15],
  pipe_created: [17, 18],
  wmi_event: [19, 20, 21],
  dns_query: [22],
  file_delete: [23, 26],
  clipboard_capture: [24],
  process_tampering: [25],
  file_block_executable: [27],
  file_block_shredding: [28],
  file_executable_detected: [29],
  sysmon_error: [255],
};

/** Channels by Sigma's service. */
const channels: Readonly<Record<string, readonly string[]>> = {
  security: ['Security'],
  system: ['System'],
  application: ['Application'],
  sysmon: [`${sysmon}/Operational`],
  powershell: ['Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational'],
  'powershell-classic': ['Windows PowerShell'],
  taskscheduler: ['Microsoft-Windows-TaskScheduler/Operational'],
  wmi: ['Microsoft-Windows-WMI-Activity/Operational'],
  windefend: ['Microsoft-Windows-Windows Defender/Operational'],
  'firewall-as': ['Microsoft-Windows-Windows Firewall With Advanced Security/Firewall'],
  applocker: [
    'Microsoft-Windows-AppLocker/MSI and Script',
    'Microsoft-Windows-AppLocker/EXE and DLL',
    'Microsoft-Windows-AppLocker/Packaged app-Deployment',
    'Microsoft-Windows-AppLocker/Packaged app-Execution',
  ],
  'bits-client': ['Microsoft-Windows-Bits-Client/Operational'],
  'codeintegrity-operational': ['Microsoft-Windows-CodeIntegrity/Operational'],
  'dns-server': ['DNS Server'],
  ntlm: ['Microsoft-Windows-NTLM/Operational'],
  'terminalservices-localsessionmanager': ['Microsoft-Windows-TerminalServices-LocalSessionManager/Operational'],
};

const system = (name: string, values: readonly string[]): Expression =>
  anyValue(documentField(name, [`Event.System.${name}`]), values);

/** Which of Windows' events a rule is about; undefined for a category or service that is not known here. */
export function windowsEvents(category: string | undefined, service: string | undefined): Expression[] | undefined {
  const found: Expression[] = [];
  if (category !== undefined) {
    const ids = Object.hasOwn(sysmonIds, category) ? sysmonIds[category]! : undefined;
    if (!ids) return undefined;
    const fromSysmon: Expression = {
      kind: 'and',
      of: [system('Channel', channels.sysmon!), system('EventID', ids.map(String))],
    };
    const fromSecurity: Expression = {
      kind: 'and',
      of: [system('Channel', channels.security!), system('EventID', ['4688'])],
    };
    found.push(category === 'process_creation' ? { kind: 'or', of: [fromSysmon, fromSecurity] } : fromSysmon);
  }
  if (service !== undefined) {
    const names = Object.hasOwn(channels, service) ? channels[service]! : undefined;
    if (!names) return undefined;
    found.push(system('Channel', names));
  }
  return found;
}
