//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
)

// sfu is the forwarding server that one writes with Pion on the first day: a TrackLocalStaticRTP for the speaker, and
// the default interceptors. It runs in a process of its own and has one room.
type sfu struct {
	api *webrtc.API

	mu sync.Mutex
	// tracks is what the speaker says of each kind.
	tracks map[webrtc.RTPCodecType]*webrtc.TrackLocalStaticRTP
}

// beSFU serves until the process is ended.
func beSFU(address string) error {
	codecs, registry := &webrtc.MediaEngine{}, &interceptor.Registry{}
	if err := codecs.RegisterDefaultCodecs(); err != nil {
		return err
	}
	if err := webrtc.RegisterDefaultInterceptors(codecs, registry); err != nil {
		return err
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetIPFilter(net.IP.IsLoopback)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s := &sfu{tracks: map[webrtc.RTPCodecType]*webrtc.TrackLocalStaticRTP{}, api: webrtc.NewAPI(
		webrtc.WithMediaEngine(codecs), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(settings))}
	http.HandleFunc("POST /speak", s.answer(func(pc *webrtc.PeerConnection, track *webrtc.TrackLocalStaticRTP) error {
		pc.OnTrack(func(from *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { forward(from, track) })
		return nil
	}))
	http.HandleFunc("POST /listen", s.answer(send))
	http.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "go_goroutines %d\n", runtime.NumGoroutine())
	})
	return http.ListenAndServe(address, nil)
}

// answer handles the offer of one who enters; attach joins its peer connection to the track.
func (s *sfu) answer(attach func(*webrtc.PeerConnection, *webrtc.TrackLocalStaticRTP) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := s.enter(r, attach)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, answer)
	}
}

func (s *sfu) enter(
	r *http.Request, attach func(*webrtc.PeerConnection, *webrtc.TrackLocalStaticRTP) error,
) (string, error) {
	offer, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return "", err
	}
	track, err := s.track(webrtc.NewRTPCodecType(r.URL.Query().Get("kind")))
	if err != nil {
		return "", err
	}
	pc, err := s.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", err
	}
	if err := take(pc, webrtc.SDPTypeOffer, string(offer)); err != nil {
		return "", err
	}
	if err := attach(pc, track); err != nil {
		return "", err
	}
	return answerOf(pc)
}

// track makes the track of a kind when the first member enters.
func (s *sfu) track(kind webrtc.RTPCodecType) (*webrtc.TrackLocalStaticRTP, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if track, ok := s.tracks[kind]; ok {
		return track, nil
	}
	codec := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}
	if kind == sound {
		codec.MimeType = webrtc.MimeTypeOpus
	}
	track, err := webrtc.NewTrackLocalStaticRTP(codec, "speaker", "speaker")
	s.tracks[kind] = track
	return track, err
}

// send gives a listener the track.
func send(pc *webrtc.PeerConnection, track *webrtc.TrackLocalStaticRTP) error {
	sender, err := pc.AddTrack(track)
	if err != nil {
		return fmt.Errorf("add a track: %w", err)
	}
	go func() {
		buffer := make([]byte, datagramMax)
		for {
			// The interceptors work while somebody reads.
			if _, _, err := sender.Read(buffer); err != nil {
				return
			}
		}
	}()
	return nil
}

func forward(from *webrtc.TrackRemote, to *webrtc.TrackLocalStaticRTP) {
	for {
		packet, _, err := from.ReadRTP()
		if err != nil {
			return
		}
		// A listener who left is no reason to stop.
		_ = to.WriteRTP(packet)
	}
}
