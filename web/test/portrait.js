/** Draws somebody in front of a wall on a canvas of 640 by 480, so that a picture of the page looks like a call. */
export function portrait(c, user) {
  const hue = [...user].reduce((sum, letter) => sum + letter.charCodeAt(0) * 47, 0) % 360;
  const wall = c.createLinearGradient(0, 0, 640, 480);
  wall.addColorStop(0, `hsl(${hue} 28% 62%)`);
  wall.addColorStop(1, `hsl(${hue + 40} 30% 38%)`);
  c.fillStyle = wall;
  c.fillRect(0, 0, 640, 480);
  c.fillStyle = `hsl(${hue + 60} 20% 80% / 0.35)`;
  c.fillRect(60 + (hue % 300), 40, 130, 170);
  c.fillStyle = `hsl(${hue + 180} 30% 30%)`;
  c.beginPath();
  c.ellipse(320, 520, 200, 190, 0, 0, 7);
  c.fill();
  c.fillStyle = `hsl(25 40% ${45 + (hue % 30)}%)`;
  c.fillRect(285, 300, 70, 70);
  c.beginPath();
  c.ellipse(320, 230, 86, 106, 0, 0, 7);
  c.fill();
  c.fillStyle = `hsl(${20 + (hue % 25)} 35% ${14 + (hue % 26)}%)`;
  c.beginPath();
  c.ellipse(320, 175, 98, 78, 0, Math.PI, 0);
  c.fill();
}
