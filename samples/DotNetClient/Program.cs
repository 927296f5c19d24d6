using Krewe.Abstractions.Tensors;
using Krewe.Client;
using Krewe.Client.Hosting;
using Krewe.Client.PostgreSql;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// A .NET service that calls a model of a Krewe cluster to estimate a house price. (See samples/README.md for the model.)
//   KREWE_DATABASE="Host=127.0.0.1;Port=5432;Database=krewe;Username=krewe;Password=..." dotnet run --project samples/DotNetClient
if (Environment.GetEnvironmentVariable("KREWE_DATABASE") is not { Length: > 0 } database)
{
    Console.Error.WriteLine("expected the connection string of the cluster's database in KREWE_DATABASE");
    return 64;
}

var builder = Host.CreateApplicationBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddKreweClient(options =>
{
    options.UsePostgreSql(database);
    options.ConnectTimeout = TimeSpan.FromSeconds(30);
});
using var app = builder.Build();
await app.StartAsync();

// Area, plot, bedrooms, bathrooms, age, kilometres to the centre, garage, energy class.
var krewe = app.Services.GetRequiredService<KreweClient>();
var house = TensorOf.Values("features", [1, 8], 120f, 400f, 3f, 2f, 15f, 6f, 1f, 5f);
using var response = await krewe.Model("house-price").InferAsync(house);

Console.WriteLine($"{response.Model} says {response["price"].AsSpan<float>()[0]:N0} euros");
await app.StopAsync();
return 0;
