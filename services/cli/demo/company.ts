import type { Random } from './random.js';

export const roles = ['viewer', 'member', 'manager', 'admin', 'owner'] as const;
export type Role = (typeof roles)[number];

export interface Person {
  id: string;
  name: string;
  email: string;
  role: Role;
  /** From where they usually work. */
  ip: string;
  userAgent: string;
  /** Hours ahead of UTC. */
  offsetHours: number;
  /** Local hours. */
  startsAt: number;
  endsAt: number;
  /** Nothing is done to their membership, as a story needs it as it is. */
  reserved?: boolean;
}

export interface ApiKey {
  id: string;
  name: string;
  ip: string;
}

/** An organization with what it is made of; activities change it, so that before and after in its events fit together. */
export interface Company {
  id: string;
  name: string;
  domain: string;
  people: Person[];
  projects: { id: string; name: string; stage: string }[];
  apiKeys: ApiKey[];
  plan: string;
  settings: Record<string, string | number | boolean>;
  seats: number;
}

const given = [
  'Ada',
  'Amara',
  'Anika',
  'Bao',
  'Camille',
  'Chidi',
  'Diego',
  'Elif',
  'Farid',
  'Grete',
  'Hana',
  'Ingrid',
  'Ines',
  'Jonas',
  'Kofi',
  'Leila',
  'Linnea',
  'Mara',
  'Mateo',
  'Nadia',
  'Noor',
  'Oskar',
  'Priya',
  'Rafael',
  'Sanna',
  'Tomasz',
  'Uma',
  'Viktor',
  'Wanja',
  'Yuki',
];
const family = [
  'Abebe',
  'Almeida',
  'Bakker',
  'Castillo',
  'Demir',
  'Eriksen',
  'Fischer',
  'Gupta',
  'Haddad',
  'Ivanova',
  'Jansen',
  'Kowalska',
  'Lindqvist',
  'Moreau',
  'Nakamura',
  'Okafor',
  'Petrov',
  'Quispe',
  'Rossi',
  'Sato',
  'Tanaka',
  'Ueda',
  'Varga',
  'Weber',
  'Yilmaz',
  'Zhang',
];
const agents = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/134.0.0.0 Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
];
const projectNames = ['Atlas', 'Beacon', 'Cedar', 'Delta', 'Ember', 'Fjord', 'Granite', 'Harbor'];

/** Domains and addresses are those that documentation may use (RFC 2606, 5737, 3849): none is anybody's. */
const companies = [
  { id: 'acme', name: 'Acme Robotics', domain: 'acme.example.com', size: 24, offsets: [1, 1, 1, 2], net: '203.0.113' },
  {
    id: 'globex',
    name: 'Globex Logistics',
    domain: 'globex.example.org',
    size: 16,
    offsets: [-5, -5, -8],
    net: '192.0.2',
  },
  {
    id: 'initech',
    name: 'Initech Health',
    domain: 'initech.example.com',
    size: 10,
    offsets: [9, 5.5],
    net: '198.51.100',
  },
];

export function createCompanies(random: Random): Company[] {
  return companies.map(({ id, name, domain, size, offsets, net }) => {
    const company: Company = {
      id,
      name,
      domain,
      people: [],
      projects: [...projectNames]
        .slice(0, 3 + (size >> 3))
        .map((project) => ({ id: `prj_${random.hex(12)}`, name: project, stage: 'active' })),
      apiKeys: ['ci', 'warehouse'].map((key) => createApiKey(random, key)),
      plan: size > 20 ? 'enterprise' : 'team',
      settings: { session_hours: 12, mfa_required: size > 20, public_links: false, retention_days: 365 },
      seats: size + 5,
    };
    // The upper half of each net is left to strangers.
    for (let at = 0; at < size; at += 1) {
      addPerson(company, random, {
        offsetHours: random.pick(offsets),
        ip: at % 5 === 4 ? homeAddress(random) : `${net}.${10 + at}`,
      });
    }
    company.people.forEach((person, at) => {
      person.role =
        at === 0 ? 'owner' : at < 3 ? 'admin' : at < 6 ? 'manager' : random.pick(['member', 'member', 'viewer']);
    });
    return company;
  });
}

const homeAddress = (random: Random): string =>
  `2001:db8:${random.hex(3)}::${random.between(1, 9)}:${random.between(1, 9)}`;

/** Somebody with a name that nobody there has yet. */
export function addPerson(company: Company, random: Random, where: { offsetHours: number; ip: string }): Person {
  let name: string;
  let email: string;
  do {
    name = `${random.pick(given)} ${random.pick(family)}`;
    email = `${name.toLowerCase().replace(' ', '.')}@${company.domain}`;
  } while (company.people.some((person) => person.email === email));
  const startsAt = random.between(7, 10);
  const person: Person = {
    id: `usr_${random.hex(16)}`,
    name,
    email,
    role: 'member',
    userAgent: random.pick(agents),
    startsAt,
    endsAt: startsAt + random.between(8, 10),
    ...where,
  };
  company.people.push(person);
  return person;
}

export const createApiKey = (random: Random, name: string): ApiKey => ({
  id: `ak_${random.hex(12)}`,
  name,
  ip: `198.51.100.${random.between(100, 120)}`,
});

const hourMs = 3_600_000;

/** How likely somebody is at work at a time: 1 in their hours, little before and after, hardly at night and on weekends. */
export function presence({ offsetHours, startsAt, endsAt }: Person, atMs: number): number {
  const local = new Date(atMs + offsetHours * hourMs);
  const hour = local.getUTCHours() + local.getUTCMinutes() / 60;
  const weekend = local.getUTCDay() % 6 === 0 ? 0.1 : 1;
  if (hour >= startsAt && hour < endsAt) return weekend;
  return weekend * (hour >= startsAt - 2 && hour < endsAt + 3 ? 0.15 : 0.01);
}
