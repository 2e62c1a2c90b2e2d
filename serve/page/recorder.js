// Records the microphone to a WAV file: browsers record WebM, which needs a decoder that the server
// has only with ffmpeg.
export async function startRecording(onLevel) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
  const context = new AudioContext();
  await context.audioWorklet.addModule("/worklet.js");
  const source = context.createMediaStreamSource(stream);
  const parts = [];
  const node = new AudioWorkletNode(context, "recorder", { numberOfOutputs: 0 });
  let level = 0;
  node.port.onmessage = ({ data }) => {
    parts.push(data);
    let top = 0.98 * level; // it falls slowly, so that it can be seen
    for (const x of data) top = Math.max(top, Math.abs(x));
    onLevel(level = top);
  };
  source.connect(node);
  return async function stop() {
    source.disconnect();
    for (const track of stream.getTracks()) track.stop();
    const rate = context.sampleRate;
    await context.close();
    return new File([wav(parts, rate)], "recording.wav", { type: "audio/wav" });
  };
}

// wav returns a 16-bit mono WAV file.
function wav(parts, rate) {
  const n = parts.reduce((sum, p) => sum + p.length, 0);
  const view = new DataView(new ArrayBuffer(44 + 2 * n));
  const text = (at, s) => { for (let i = 0; i < s.length; i++) view.setUint8(at + i, s.charCodeAt(i)); };
  text(0, "RIFF"); view.setUint32(4, 36 + 2 * n, true); text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, rate, true); view.setUint32(28, 2 * rate, true); view.setUint16(32, 2, true); view.setUint16(34, 16, true);
  text(36, "data"); view.setUint32(40, 2 * n, true);
  let at = 44;
  for (const p of parts) for (const x of p) { view.setInt16(at, Math.round(Math.max(-1, Math.min(1, x)) * 32767), true); at += 2; }
  return view.buffer;
}
