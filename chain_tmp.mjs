import * as L from "./src/index.ts";
const A=process.argv[2]; // other tree
const M=await import(A+"/src/index.ts");
const n=Number(process.argv[3]??1e6);
const mk=async(L,kind)=>{const e=await L.Engine.load();
 const v=s=>L.tensor(e, Float32Array.from({length:n},(_,i)=>Math.sin(i*s)*1.5));
 const x=v(.37),b=v(.11),c=v(.23);
 const X=L.expressionOf?L.expressionOf(x):x;
 const xi=L.argument?L.argument(e,[n],{name:"x"}):L.input(e,[n],{name:"x"});
 const body=kind==="scalars"?(x)=>L.neg(L.square(L.maximum(L.mul(L.add(x,1.5),0.75),0.25))):kind==="gelu"?x=>L.gelu(x):kind==="grad"?x=>L.gradientsOf(L.sum(L.square(L.mul(L.maximum(L.add(x,b),c),2))),[x])[0]:(x)=>L.neg(L.square(L.maximum(L.mul(L.add(x,b),c),b)));
 const xe=L.input(e,[n],{name:"x"});
 const p=L.compile({y:body(xe)}); p.inputs.x.set(x.data);
 return [p,L,p.bytes];};
const cpu=f=>{const c=process.cpuUsage();for(let i=0;i<10;i++)f();const d=process.cpuUsage(c);return (d.user+d.system)/10;};
const med=a=>a.sort((x,y)=>x-y)[a.length>>1];
for(const kind of ["scalars","tensors","gelu","grad"]){
 const [a,,ab]=await mk(M,kind),[b,,bb]=await mk(L,kind);
 const ra=[],rb=[],q=[];a.run();b.run();
 let same=Buffer.compare(Buffer.from(a.outputs.y.data.buffer,a.outputs.y.data.byteOffset,4*n),Buffer.from(b.outputs.y.data.buffer,b.outputs.y.data.byteOffset,4*n))===0;
 for(let i=0;i<3;i++){cpu(()=>a.run());cpu(()=>b.run());}
 for(let i=0;i<21;i++){const u=cpu(()=>a.run()),w=cpu(()=>b.run());ra.push(u);rb.push(w);q.push(u/w);}
 console.log(kind,"same",same,"A",med(ra).toFixed(0),"B",med(rb).toFixed(0),"A/B",med(q).toFixed(2),"bytes",ab,bb);
 if(process.argv[4])console.log(L.describeProgram(b));
}
