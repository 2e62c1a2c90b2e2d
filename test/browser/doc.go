// Package browser opens the HTML report in a headless Chromium and looks at it
// as a reader does: no error in the console, no request, nothing that scrolls
// sideways on a phone, no text over another, enough contrast.
//
// It is a module of its own, so that fusor does not depend on chromedp.
package browser
