/** A frame without `allow-same-origin`, in which the answer is computed. */
const frame = document.createElement("iframe");
frame.sandbox = "allow-scripts";
frame.src = `./frame.html${location.search}`;
document.body.append(frame);
