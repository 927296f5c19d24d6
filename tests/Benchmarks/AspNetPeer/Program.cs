// What a good engineer writes by hand in an hour to put one ONNX model behind HTTP: the measure Krewe is held against.
// Arguments: the model's file, and the number of intra-op threads (0: as many as ONNX Runtime likes).
using System.Globalization;
using Krewe.AspNetPeer;

Telemetry.TurnOff();
using var model = new Model(args[0], int.Parse(args[1], CultureInfo.InvariantCulture));

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, PeerJson.Default));

await using var app = builder.Build();
app.MapPost("/v2/models/model/infer", (InferRequest request) => model.Accepts(request)
    ? Results.Json(model.Infer(request), PeerJson.Default.InferResponse)
    : Results.BadRequest());
await app.StartAsync();
Console.WriteLine($"Listening on {app.Urls.First()}");
await app.WaitForShutdownAsync();
