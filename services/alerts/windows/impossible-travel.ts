import type { Evaluator, Memory } from './evaluate.js';
import type { Moment, Place } from './match.js';
import type { Window } from './window.js';

const earthRadiusKm = 6_371.0088;

/** Great circle, haversine; kilometres. */
export function distanceKm(a: Place, b: Place): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const half = (from: number, to: number): number => Math.sin(radians(to - from) / 2) ** 2;
  const chord = half(a.lat, b.lat) + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * half(a.lon, b.lon);
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** A hit where the way from the group's moment before, no longer ago than reach, cannot be gone in the time between. */
export function createTravel(
  { reachUs, travel }: Window,
  memory: Extract<Memory, { kind: 'impossible_travel' }> | undefined,
): Evaluator {
  let before = memory;
  let seen: Pick<Moment, 'timeUs' | 'eventId'>[] = [];
  return {
    step(moment) {
      const { timeUs, eventId, matches } = moment;
      const here = matches[0]!.value as Place;
      const from = before;
      before = { kind: 'impossible_travel', timeUs, eventId, lat: here.lat, lon: here.lon };
      seen = [moment];
      if (!from || from.timeUs < timeUs - reachUs) return false;
      seen = [from, moment];
      const wayKm = distanceKm(from, here);
      const hours = (timeUs - from.timeUs) / 3_600_000_000;
      return wayKm >= travel!.distanceKm && wayKm > hours * travel!.speedKmh;
    },
    seen: () => seen,
    memory: () => before,
  };
}
