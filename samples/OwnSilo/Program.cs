using Krewe.Api.Hosting;
using Krewe.Grains.Hosting;
using Krewe.OwnSilo;

// An Orleans silo with its own grains that also hosts Krewe's models.
//   dotnet run --project samples/OwnSilo -- --models samples/models --urls http://127.0.0.1:9000
//   curl -s http://127.0.0.1:9000/houses/elm-street-5/price
//   curl -s http://127.0.0.1:9000/v2/models/house-price/ready
var builder = WebApplication.CreateBuilder(args);
builder.Host.UseOrleans(silo => silo
    .UseLocalhostClustering(builder.Configuration.GetValue("siloPort", 11111), builder.Configuration.GetValue("gatewayPort", 30000))
    .AddMemoryGrainStorageAsDefault()
    .AddKrewe(options => options.Models = builder.Configuration["models"] ?? "samples/models"));
builder.Services.AddKreweApi();
var app = builder.Build();
app.MapGet("/houses/{name}/price", (string name, IGrainFactory grains) => grains.GetGrain<IHouseGrain>(name).EstimatePriceAsync());
app.MapKrewe();
await app.RunAsync();
