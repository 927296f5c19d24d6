using System.Text;

namespace Krewe.Processes;

/// <summary>
/// Ten models side by side, each with a caller of another rhythm, and each rolled out again and again to a version of the same bytes.
/// All of the versions are good, and a rhythm, a share that is seldom called, or another silo is no reason to send one back.
/// </summary>
public static class IdenticalVersions
{
    private const string FromOnePercent = "[1,5,25,50,100]";
    private const string FromTenPercent = "[10,50,100]";

    // What the guards need to say anything.
    private const int LeastPairs = 50;

    // One in so many may end before that many pairs were seen: on a busy machine the observer is late as well.
    private const int MostUnseen = 5;
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(15);
    private static readonly byte[] File = System.IO.File.ReadAllBytes(Path.Combine(Clone.Samples, "house-price", "1", "model.onnx"));

    private static readonly byte[] Body = Encoding.UTF8.GetBytes(
        """{"inputs":[{"name":"features","shape":[1,8],"datatype":"FP32","data":[120,400,4,2,20,5,1,5]}]}""");

    // From a few thousand calls a second to about forty.
    private static readonly (Rhythm Rhythm, string Steps)[] Callers =
    [
        (Rhythm.Steady, FromOnePercent), (Rhythm.Rows(100, 20), FromOnePercent), (Rhythm.Rows(50, 20), FromOnePercent), (Rhythm.Rows(20, 5), FromOnePercent),
        (Rhythm.Rows(100, 5), FromOnePercent), (Rhythm.Rows(200, 30), FromOnePercent), (Rhythm.Every(1), FromOnePercent), (Rhythm.Every(5), FromTenPercent),
        (Rhythm.Rows(10, 20), FromTenPercent), (Rhythm.Every(20), FromTenPercent),
    ];

    /// <summary>The models, of one version each, for a server's folder.</summary>
    public static void AddTo(ModelsFolder folder)
    {
        for (var model = 0; model < Callers.Length; model++)
        {
            folder.Add(NameOf(model), 1, File);
        }
    }

    /// <summary>Rolls out versions 2 and on of every model, and says how that ended.</summary>
    /// <param name="address">Where the server answers.</param>
    /// <param name="versions">How many for each model.</param>
    /// <param name="begun">Told of each rollout that is over, and of the version that it moved to.</param>
    public static async Task<RolledOut[]> RollOutAsync(Uri address, int versions, Func<RolledOut, int, Task>? begun = null) =>
        [.. (await Task.WhenAll(Enumerable.Range(0, Callers.Length).Select(model => RollOutAsync(address, model, versions, begun))).WaitAsync(Timeout)).SelectMany(static all => all)];

    /// <summary>Why it does not show that good versions are promoted; null where it does.</summary>
    public static string? FindFault(RolledOut[] rollouts)
    {
        var back = rollouts.Where(static rollout => rollout.Phase != "PROMOTED").ToArray();
        var unseen = rollouts.Where(static rollout => rollout.MostPairs < LeastPairs).ToArray();
        return back.Length > 0 ? $"{back.Length} of {rollouts.Length} went back:\n{string.Join('\n', (object[])back)}"
            : unseen.Length > rollouts.Length / MostUnseen ? $"{unseen.Length} of {rollouts.Length} were not watched for their durations:\n{string.Join('\n', (object[])unseen)}"
            : null;
    }

    private static string NameOf(int model) => $"m{model}";

    private static async Task<List<RolledOut>> RollOutAsync(Uri address, int model, int versions, Func<RolledOut, int, Task>? begun)
    {
        var (name, (rhythm, steps)) = (NameOf(model), Callers[model]);
        using var caller = new HttpCaller(address, $"/v2/models/{name}/infer", Body);
        using var stop = new CancellationTokenSource();
        var calling = rhythm.CallAsync(caller, stop.Token);
        using var person = new RolloutOperator(address);
        var ends = new List<RolledOut>();
        for (var version = 2; version < 2 + versions; version++)
        {
            await person.PublishAsync(name, version, File);
            var ended = await person.RollOutAsync(name, version, steps, seconds: 3);
            ends.Add(ended);
            await (begun?.Invoke(ended, version) ?? Task.CompletedTask);
        }

        await stop.CancelAsync();
        await calling;
        return ends;
    }
}
