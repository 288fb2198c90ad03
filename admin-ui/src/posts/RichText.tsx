/** The visual editor over Markdown: what it shows is what the API stores. Loaded when needed. */
import '@mantine/tiptap/styles.layer.css';
import { styleNonce } from '@freehold/ui-kit';
import { RichTextEditor } from '@mantine/tiptap';
import { Markdown } from '@tiptap/markdown';
import { useEditor } from '@tiptap/react';
import StarterKit from '@tiptap/starter-kit';
import { useEffect, useMemo } from 'react';
import { useWords } from '../words';

// Markdown has no underline, so there is none to lose.
const extensions = [
  StarterKit.configure({ underline: false, heading: { levels: [2, 3, 4] }, link: { openOnClick: false } }),
  Markdown,
];

interface RichTextProps {
  label: string;
  /** What it starts with; later changes come from the editor alone. */
  markdown: string;
  onChange: (markdown: string) => void;
}

export default function RichText({ label, markdown, onChange }: RichTextProps) {
  const word = useWords();
  const editor = useEditor({
    extensions,
    content: markdown,
    contentType: 'markdown',
    injectNonce: styleNonce(),
    editorProps: { attributes: { 'role': 'textbox', 'aria-multiline': 'true', 'aria-label': label } },
    onUpdate: (event) => onChange(event.editor.getMarkdown()),
  });
  useEffect(() => {
    editor.setOptions({
      editorProps: { attributes: { 'role': 'textbox', 'aria-multiline': 'true', 'aria-label': label } },
    });
  }, [editor, label]);
  const labels = useMemo(
    () => ({
      boldControlLabel: word('rich.bold'),
      italicControlLabel: word('rich.italic'),
      strikeControlLabel: word('rich.strike'),
      codeControlLabel: word('rich.code'),
      h2ControlLabel: word('rich.h2'),
      h3ControlLabel: word('rich.h3'),
      bulletListControlLabel: word('rich.bullets'),
      orderedListControlLabel: word('rich.numbers'),
      blockquoteControlLabel: word('rich.quote'),
      codeBlockControlLabel: word('rich.code_block'),
      linkControlLabel: word('rich.link'),
      unlinkControlLabel: word('rich.unlink'),
      linkEditorInputLabel: word('rich.link.address'),
      linkEditorInputPlaceholder: 'https://example.org/',
      linkEditorExternalLink: word('rich.link.new_tab'),
      linkEditorInternalLink: word('rich.link.same_tab'),
      linkEditorSave: word('rich.link.save'),
      undoControlLabel: word('rich.undo'),
      redoControlLabel: word('rich.redo'),
    }),
    [word],
  );
  return (
    <RichTextEditor editor={editor} labels={labels} className="fh-editor">
      <RichTextEditor.Toolbar>
        <RichTextEditor.ControlsGroup>
          <RichTextEditor.Bold />
          <RichTextEditor.Italic />
          <RichTextEditor.Strikethrough />
          <RichTextEditor.Code />
        </RichTextEditor.ControlsGroup>
        <RichTextEditor.ControlsGroup>
          <RichTextEditor.H2 />
          <RichTextEditor.H3 />
          <RichTextEditor.BulletList />
          <RichTextEditor.OrderedList />
          <RichTextEditor.Blockquote />
          <RichTextEditor.CodeBlock />
        </RichTextEditor.ControlsGroup>
        <RichTextEditor.ControlsGroup>
          <RichTextEditor.Link />
          <RichTextEditor.Unlink />
        </RichTextEditor.ControlsGroup>
        <RichTextEditor.ControlsGroup>
          <RichTextEditor.Undo />
          <RichTextEditor.Redo />
        </RichTextEditor.ControlsGroup>
      </RichTextEditor.Toolbar>
      <RichTextEditor.Content />
    </RichTextEditor>
  );
}
