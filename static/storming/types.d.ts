/** Shapes shared by the board's modules. The wire's own shapes are specified in docs/board-protocol.md. */

export type NoteKind =
  | 'domain_event' | 'hotspot' | 'actor' | 'system' | 'opportunity' | 'command' | 'policy' | 'read_model'
  | 'aggregate' | 'comment' | 'vote';
export type AreaKind = 'swimlane' | 'frame' | 'context';
export type Kind = NoteKind | AreaKind | 'connector' | 'legend' | 'remark' | 'reaction';
/** What a board calls a kind of note and which colour it has, where that isn't the notation's own. */
export interface LegendEntry { label?: string; colour?: string; hidden?: true; }

/** A field that a message of this note carries. */
export interface NoteField { name: string; type: string; example?: string; required?: boolean; }
/** The workshop as everybody sees it; see docs/board-protocol.md. */
export interface Vote {
  id: string; title: string; budget: number; per_note_max: number; kinds: string[]; voters: number;
  opened_by: string; closed_at: string | null; results: Record<string, number> | null;
}
export interface WorkshopState {
  version: number; format: string; phases: string[]; phase: string | null; silent: boolean; frozen: boolean; one_pen: boolean;
  pen: {id: string; name: string} | null; palette: string[] | null; lanes: boolean;
  timer: {length: number; ends_at: string | null; left: number} | null;
  spotlight: {ids: string[]; by: string} | null;
  summons: {number: number; view: [number, number, number, number]; by: string; at: string} | null;
  vote: Vote | null; votes: Vote[]; now: string;
}
export interface Phase {
  key: string; label: string; minutes: number; kinds: string[]; guide: string; silent: boolean; one_pen: boolean;
  lanes: boolean; votes: boolean;
}

/** Properties of one element, as far as they are set. Lifetime: document. */
export interface ElementProps {
  kind: Kind;
  x?: number; y?: number; w?: number; h?: number; z?: string;
  text?: string; pivotal?: boolean; from?: string; to?: string;
  group?: string; tags?: string[]; links?: {url: string; title?: string}[]; entries?: Record<string, LegendEntry>;
  type_id?: string; created_by?: unknown; created_at?: string; deleted?: boolean;
  locked?: boolean; fields?: NoteField[];
  owner?: string; due?: string; state?: string; hushed?: string[]; distinct?: string[];
  on?: string; mentions?: string[]; resolved?: boolean; emoji?: string;
  /** Mine alone until the reveal; never sent. */
  draft?: boolean;
}
/** `null` removes a property. */
export type ElementPatch = { [K in keyof ElementProps]?: ElementProps[K] | null };
export type ElementPatches = Record<string, ElementPatch>;
export interface Patch { elements: ElementPatches; }

export interface Box { x: number; y: number; w: number; h: number; }
export interface Point { x: number; y: number; }
/** rbush item. */
export interface Indexed { minX: number; minY: number; maxX: number; maxY: number; id: string; }

/** An operation of mine, as kept in the outbox and sent. `n` grows by one for each operation of a client_id. */
export interface OwnOperation { n: number; patch: Patch; undo_of?: number; }
/** An operation of the board's history, as the server numbers it. */
export interface Operation {
  seq: number; actor: {id: string; name: string}; client_id: string; n: number; at: string; patch: Patch;
}
export type Result =
  | {n: number; seq: number; deleted?: string[]}
  | {n: number; private: true}
  | {n: number; refused: {code: string; message: string}; restore?: {elements: Record<string, ElementPatch | null>}};

export interface LinkedType {
  name: string; title?: string; version: string; state: string; url: string; kind: string;
}
export interface Traffic { n?: number; rate: number; total: number; last_seen: string | null; rejected: number; }
export interface Presence {
  id: string; name: string; colour: string;
  cursor?: [number, number] | null; selection?: string[]; editing?: string | null;
  drag?: Record<string, [number, number]> | null; view?: [number, number, number, number] | null;
  hand?: number | null; reaction?: [string, number] | null;
}
export interface You { id: string; name: string; colour: string; session?: string; can_edit: boolean; facilitates?: boolean; }
export interface Welcome {
  t: 'welcome'; v: number; epoch: string; seq: number;
  you: You;
  board: {id: string; name: string};
  snapshot?: {elements: Record<string, ElementProps>; authors?: Record<string, string>};
  ops?: Operation[];
  acked: number;
  /** How many snapshot frames came ahead of this. */
  parts?: number;
  types?: Record<string, LinkedType>;
  people?: (Presence & {session?: string})[];
  traffic?: Record<string, Traffic>;
  workshop?: WorkshopState;
  drafts?: Record<string, ElementProps>;
}
export type ServerFrame =
  | Welcome
  | {t: 'snapshot'; elements: Record<string, ElementProps>}
  | {t: 'ack'; seq: number; results: Result[]}
  | {t: 'ops'; ops: Operation[]}
  | {t: 'presence'; people: Record<string, Presence | null>}
  | {t: 'pulses'; traffic: Record<string, Traffic>}
  | {t: 'types'; types: Record<string, LinkedType>}
  | {t: 'board'; board: {name: string}}
  | {t: 'drafts'; drafts: Record<string, ElementProps | null>; all?: boolean}
  | {t: 'workshop'; workshop: WorkshopState}
  | {t: 'you'; you: You}
  | {t: 'reset'; epoch: string}
  | {t: 'error'; code: string; message: string; hint?: string}
  | {t: 'pong'};

export interface BoardConfig {
  socket_url: string; board_id: string; board_name: string; workspace_slug: string;
  can_edit: boolean; can_manage: boolean;
  can_promote?: boolean; archived?: boolean;
  board_format?: string; workshop_url: string; tray_url?: string; board_url?: string; board_api_url: string; phases: Phase[];
  emoji: string[]; types_url?: string; type_sync_url?: string;
  /** Addresses with ELEMENT in place of the note's id. */
  promote_url: string; link_url?: string;
  catalog_url: string; infer_url?: string; share_url?: string; rename_url?: string;
  /** Of this board, without a slash at the end. */
  api_url: string; boards_url?: string;
  me: {id: string; name: string};
  contexts: {id: string; name: string; domain: string}[];
  types_search_url: string;
}

/** A gesture: one state of the pointer, in its own file named by gerund. Positions are in screen pixels of the wall. */
export interface Gesture {
  name: string;
  cursor?: string;
  enter?(): void;
  leave?(): void;
  pointerDown?(event: PointerEvent, at: Point): void;
  pointerMove?(event: PointerEvent, at: Point): void;
  pointerUp?(event: PointerEvent, at: Point): void;
  doubleClick?(event: MouseEvent, at: Point): void;
  /** True: it was for this gesture. */
  keyDown?(event: KeyboardEvent): boolean;
  cancel?(): void;
  /** Draws on the overlay, in screen pixels. */
  draw?(context: CanvasRenderingContext2D): void;
}
