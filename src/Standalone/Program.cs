using Krewe.Launch;
using Krewe.Standalone;

return await Launcher.RunAsync(
    args,
    SettingTable.All,
    static options => [new ListenEndpoint(options.Bind, options.HttpPort, "--http-port", "--bind")],
    static async options =>
    {
        await using var server = new StandaloneServer(options);
        await server.StartAsync();
        await Banner.WriteAsync(Console.Out, server);
        await server.WaitForStopAsync();
    });
