import { type Command, Option } from 'commander';
import { readPack } from '../../alerts/pack/index.js';
import { type TestedRules, testRules } from '../../alerts/rule-tests/index.js';
import { addAlertCommands } from '../alerts/alerts.js';
import { addBacktest } from '../alerts/backtest.js';
import { addChannelCommands } from '../alerts/channels.js';
import { readRuleFiles } from '../alerts/rule-files.js';
import { addRuleCommands } from '../alerts/rules.js';
import { addSilenceCommands } from '../alerts/silences.js';
import { addAlertTail } from '../alerts/tail.js';
import { faultText, reportText } from '../alerts/test-report.js';
import { exitCodes, usageError } from '../errors.js';
import { type OutputFormat, outputFormats } from '../output/printer.js';
import type { Tools } from './command.js';

export function addAlerts(parent: Command, tools: Tools): void {
  const alerts = parent.command('alerts').description('what rules found, rules, silences, channels');
  addAlertCommands(alerts, tools);
  addAlertTail(alerts, tools);
  addRuleCommands(alerts, tools);
  addTest(alerts, tools);
  addBacktest(alerts, tools);
  addSilenceCommands(alerts, tools);
  addChannelCommands(alerts, tools);
}

interface TestOptions {
  output: OutputFormat;
  pack?: true;
}

/** Needs no gateway: what a rule gives is a function of its events. */
function addTest(alerts: Command, { printer, surroundings, exitWith }: Tools): void {
  alerts
    .command('test')
    .description('run the tests that rules carry; exit 1 when one fails, 2 when a rule is refused')
    .argument('[file...]', 'files of rules, or folders of them; - is standard input')
    .option('--pack', 'the built-in rules')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(outputFormats).default('table'))
    .action(async (files: string[], { pack, output }: TestOptions) => {
      if (files.length === 0 && !pack) throw usageError('name a file of rules, or --pack for the built-in ones');
      const sources = [...(pack ? readPack().sources : []), ...(await readRuleFiles(files, surroundings))];
      const tested = testRules(sources);
      const { faults, warnings, results } = tested;
      if (faults.length > 0) exitWith(exitCodes.usage);
      else if (results.some(({ passed }) => !passed)) exitWith(exitCodes.failed);
      if (output === 'json') return printer.json(summary(tested));
      if (output === 'ndjson') {
        for (const one of summary(tested).tests) await printer.ndjson(one);
        for (const fault of faults) await printer.ndjson({ fault });
        return;
      }
      for (const fault of [...faults, ...warnings]) await printer.text(faultText(fault, printer));
      if (faults.length === 0) await printer.text(reportText(tested, printer));
    });
}

/** For programs: everything but the events. */
const summary = ({ results, faults, warnings, untested }: TestedRules) => ({
  tests: results.map(({ test, passed, missing, unexpected }) => ({
    rule: test.rule.id,
    title: test.rule.text.title,
    name: test.name,
    ...test.origin,
    passed,
    missing: missing.length,
    unexpected: unexpected.length,
  })),
  faults,
  warnings,
  untested: untested.map(({ id, text }) => ({ rule: id, title: text.title })),
});
