// A member of a cluster in a process of its own, so that a test can kill it. It says when it is ready, and ends when its standard
// input does, so that it never outlives the test.
using Krewe.Member;
using Krewe.Member.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

var builder = Host.CreateEmptyApplicationBuilder(null);
builder.Configuration.AddCommandLine(args);
builder.Logging.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Information);
builder.AddKreweMember(new MemberOptions
{
    Database = builder.Configuration["database"]!,
    SiloName = builder.Configuration["name"]!,
    SiloPort = builder.Configuration.GetValue<int>("port"),
    ClientPort = null,
});
using var host = builder.Build();
await host.StartAsync();
Console.WriteLine($"ready {host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString()}");
await Task.WhenAny(ReadToEndAsync(), host.WaitForShutdownAsync());
await host.StopAsync();

static async Task ReadToEndAsync()
{
    // The console reads on the thread that asks.
    await Task.Yield();
    while (await Console.In.ReadLineAsync() is not null)
    {
    }
}
