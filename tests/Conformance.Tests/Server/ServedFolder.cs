namespace Krewe.Conformance.Tests.Server;

/// <summary>A server that the tests of a class share, over models that the class names.</summary>
public abstract class ServedFolder : IAsyncLifetime
{
    private readonly ModelsFolder models = new();
    private ServerUnderTest? server;

    internal HttpClient Client => Server.Client;

    internal ServerUnderTest Server => server ?? throw new InvalidOperationException("the server has not started");

    /// <summary>More options of the command line.</summary>
    private protected virtual string[] Options => [];

    public async ValueTask InitializeAsync()
    {
        Fill(models);
        server = await ServerUnderTest.StartAsync(models.Path, Options);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        using (models)
        {
            if (server is not null)
            {
                await server.DisposeAsync();
            }
        }
    }

    private protected abstract void Fill(ModelsFolder models);
}
