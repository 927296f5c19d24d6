// What a good engineer writes by hand in an hour to put one ONNX model behind HTTP: the measure Krewe is held against.
// Arguments: the model's file, the number of intra-op threads (0: as many as ONNX Runtime likes), and "batching" to join calls that wait,
// or "loop" to measure ONNX Runtime alone, with the seconds of each measurement and the shape of one row.
using System.Globalization;
using Krewe.AspNetPeer;

Telemetry.TurnOff();
var threads = int.Parse(args[1], CultureInfo.InvariantCulture);
if (args is [_, _, "loop", var seconds, .. var shape])
{
    RawLoop.Run(args[0], TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)), [.. shape.Select(long.Parse)]);
    return;
}

using var model = new Model(args[0], threads);
using var batches = args is [_, _, "batching"] ? new Batches(model) : null;

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, PeerJson.Default));

await using var app = builder.Build();
if (batches is null)
{
    app.MapPost("/v2/models/model/infer", (InferRequest request) => model.Accepts(request)
        ? Results.Json(model.Infer(request), PeerJson.Default.InferResponse)
        : Results.BadRequest());
}
else
{
    app.MapPost("/v2/models/model/infer", async (InferRequest request) => model.Accepts(request)
        ? Results.Json(await batches.InferAsync(request), PeerJson.Default.InferResponse)
        : Results.BadRequest());
}

await app.StartAsync();
Console.WriteLine($"Listening on {app.Urls.First()}");
await app.WaitForShutdownAsync();
