(function(){var d=document,r=d.documentElement,b=d.getElementById('theme'),p=d.getElementById('print'),t=d.getElementById('tip');
function dark(){return r.dataset.theme?r.dataset.theme=='dark':matchMedia('(prefers-color-scheme:dark)').matches}
function name(){b.textContent=dark()?b.dataset.light:b.dataset.dark}
if(b){b.hidden=p.hidden=false;name();
b.onclick=function(){r.dataset.theme=dark()?'light':'dark';try{localStorage.setItem('tagwerk-theme',r.dataset.theme)}catch(e){}name()};
p.onclick=function(){print()}}
addEventListener('beforeprint',function(){d.querySelectorAll('.finding').forEach(function(x){x.open=true})});
d.addEventListener('pointermove',function(e){
var m=e.target.closest&&e.target.closest('[data-tip]');
if(!m||e.pointerType=='touch'){t.className='';return}
t.textContent=m.dataset.tip;t.className='on';
t.style.left=Math.min(e.clientX+14,innerWidth-t.offsetWidth-8)+'px';
t.style.top=(e.clientY+18+t.offsetHeight>innerHeight?e.clientY-t.offsetHeight-10:e.clientY+18)+'px'});
var point=r.dataset.decimal||'.';
function key(cell){
var s=cell.textContent.trim(),n=s.replace(/[\u2212]/g,'-').replace(/[\s\u202f\u00a0]/g,'');
n=point==','?n.replace(/\./g,'').replace(',','.'):n.replace(/,/g,'');
n=parseFloat(n.replace(/^[<>+]/,''));
return isNaN(n)?(s=='\u2013'||s==''?-Infinity:s.toLowerCase()):n}
d.querySelectorAll('table[data-sort]').forEach(function(tb){
tb.querySelectorAll('thead th:not([data-nosort])').forEach(function(th){
var i=th.cellIndex,bt=d.createElement('button');bt.className='sort';bt.type='button';
while(th.firstChild)bt.appendChild(th.firstChild);th.appendChild(bt);
bt.onclick=function(){
var dir=th.getAttribute('aria-sort')=='descending'?1:-1;
tb.querySelectorAll('th[aria-sort]').forEach(function(x){x.removeAttribute('aria-sort')});
th.setAttribute('aria-sort',dir<0?'descending':'ascending');
Array.from(tb.tBodies[0].rows).sort(function(a,c){
a=key(a.cells[i]);c=key(c.cells[i]);
return(typeof a==typeof c?(a<c?-1:a>c?1:0):typeof a=='number'?-1:1)*dir}).forEach(function(x){tb.tBodies[0].appendChild(x)})}})});
})();
