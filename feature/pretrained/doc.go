// Package pretrained makes the view encoder of columns that a pretrained network encodes: texts,
// pictures, sounds and videos become the vectors of a frozen [encoder.Encoder].
//
// Which network a column has is a choice of the user ([Choice]); what was chosen is identified by
// the hash of its files ([Identity]), which a trained model keeps, so that the same network is
// found again ([Find]) wherever it lies. A view's cached features carry that hash in their key.
package pretrained
