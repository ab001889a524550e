/** Declarations for mermaid: only what we use, since its own import those of half a dozen packages. */
interface Mermaid {
  initialize(config: Record<string, unknown>): void;
  render(id: string, text: string): Promise<{ svg: string; diagramType: string }>;
}
declare const mermaid: Mermaid;
export default mermaid;
