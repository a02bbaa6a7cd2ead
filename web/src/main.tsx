// The beginning: one call control, one page.
import './styles/tokens.css';
import './styles/page.css';
import './styles/entry.css';
import './styles/call.css';
import './styles/controls.css';
import { render } from 'preact';
import { App } from './app';
import { CallControl } from './call';

const place = document.getElementById('app');
if (place) {
  place.textContent = '';
  render(<App control={new CallControl()} />, place);
}
