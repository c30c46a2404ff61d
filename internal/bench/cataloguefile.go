package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
)

// nouns make descriptions: a national catalogue has tens of thousands of words,
// and most rows have some of the common ones.
var nouns = strings.Fields(`femoral stem acetabular cup ceramic head screw cortical locking plate titanium cobalt chrome cemented cementless suture absorbable braided needle
	catheter balloon guidewire introducer sheath stent coronary drug eluting valve aortic mitral pacemaker lead defibrillator lens intraocular toric hydrophobic glove sterile nitrile
	latex free gown drape mask syringe luer lock cannula dressing foam silver alginate bandage crepe swab gauze tray dialyser filter tubing set infusion pump line extension connector
	stapler reload cartridge trocar grasper scissors forceps retractor blade scalpel drill bit reamer guide nail tibial humeral radius ulna pelvic mesh hernia sealant haemostat bone
	cement antibiotic tourniquet cuff mattress electrode pad monitor probe cover camera`)

var makers = strings.Fields("Northmoor Southbank Harbour Kestrel Alder Birch Cedar Rowan Larch Willow Heron Curlew")

// nationalProduct is product n in the layout of nhs-supply-chain-full/v1; its
// price is in pence. Of ten products one has a word that few others have.
func nationalProduct(w *bufio.Writer, n, pence int) {
	r := rand.New(rand.NewPCG(uint64(n), 7))
	fmt.Fprintf(w, "%s|", nationalKey(n))
	for i := range 5 {
		if i > 0 {
			w.WriteByte(' ')
		}
		w.WriteString(nouns[r.IntN(len(nouns))])
	}
	if r.IntN(10) == 0 {
		fmt.Fprintf(w, " %s", rareWord(r.IntN(40000)))
	}
	maker := makers[r.IntN(len(makers))]
	fmt.Fprintf(w, " %d mm size %d|%s Devices|MP-%07d|SC%05d|%c|%c%c%c|%d|%s|%s|yes|each|%s|box|%d|%s|%d.%02d|10|%d.%02d|GBP|EX|01/04/2026|%s|\n",
		1+r.IntN(99), 1+r.IntN(20), maker, n, n%5000, "SBE"[n%3], 'A'+rune(n%7), 'A'+rune(n%11), 'A'+rune(n%23), 40000+n%900, []string{"I", "IIa", "IIb", "III"}[n%4], []string{"yes", "no"}[n%2],
		nationalGTIN(0, n), []int{5, 10, 20, 50}[n%4], nationalGTIN(1, n), pence/100, pence%100, pence*9/1000, pence*9/10%100, status(n))
}

// status says of every ninety-seventh product that it is out of stock.
func status(n int) string {
	if n%97 == 0 {
		return "S|Out of stock"
	}
	return "A|"
}

const nationalHeader = "NPC|Description|Manufacturer|MPC|Supplier Code|Route|NHS-eClass|GMDN|Device Class|Implantable|Lot Tracked|Base Unit|Base GTIN|Unit of Issue|Unit of Issue Quantity|Unit of Issue GTIN|" +
	"Price|Band 2 From|Band 2 Price|Currency|VAT Basis|Price From|Status|Suspension Reason|Direct Alternatives"

func nationalKey(n int) string {
	return fmt.Sprintf("%c%c%c%06d", 'A'+rune(n/26%26), 'A'+rune(n/676%26), 'A'+rune(n%26), n)
}

// nationalGTIN is in no order that an index would like.
func nationalGTIN(level, n int) string {
	body := fmt.Sprintf("%d50%010d", level, n*7919%10_000_000_000)
	sum := 0
	for i := range body {
		digit := int(body[i] - '0')
		if i%2 == 0 {
			digit *= 3
		}
		sum += digit
	}
	return fmt.Sprintf("%s%d", body, (10-sum%10)%10)
}

// rareWord is a word that a dozen products have.
func rareWord(n int) string {
	const consonants, vowels = "bcdfgklmnprstvz", "aeiou"
	var b strings.Builder
	for range 4 {
		b.WriteByte(consonants[n%len(consonants)])
		b.WriteByte(vowels[n/len(consonants)%len(vowels)])
		n = n/3 + 17
	}
	return b.String()
}

// writeNational writes a whole catalogue of n products, with the trailer or
// without.
func writeNational(file string, n int, trailer bool) error {
	return writeProducts(file, nationalHeader, "", trailer, func(each func(n, pence int)) {
		for i := range n {
			each(i, 100+i*37%90000)
		}
	})
}

// writeDelta writes the prices of every hundredth product anew.
func writeDelta(file string, n int) error {
	return writeProducts(file, "Action|"+nationalHeader, "C|", true, func(each func(n, pence int)) {
		for i := 0; i < n; i += 100 {
			each(i, 99+i*31%90000)
		}
	})
}

func writeProducts(file, header, lead string, trailer bool, products func(each func(n, pence int))) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, header)
	rows := 0
	products(func(n, pence int) {
		w.WriteString(lead)
		nationalProduct(w, n, pence)
		rows++
	})
	if trailer {
		fmt.Fprintf(w, "TRAILER|%d\n", rows)
	}
	return w.Flush()
}
