namespace Krewe.Conformance.Tests.Hostile;

/// <summary>Requests whose path or verb is what is wrong with them.</summary>
internal static class HostilePaths
{
    private static readonly string[] Verbs = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "BREW"];

    private static readonly string[] Paths =
    [
        "/", "/v2", "/v2/", "/v2/health/live", "/v2/health/ready", "/v2/models", "/v2/models/", "/v2/models/linear", "/v2/models/linear/ready",
        "/v2/models/linear/versions/1", "/v2/models/linear/versions/0", "/v2/models/linear/versions/-1", "/v2/models/linear/versions/01/infer",
        "/v2/models/linear/versions/99999999999999999999", "/v2/models/linear/versions/x", "/v2/models/linear/infer", "/v2/models/linear/infer/",
        "/v2/models/stats", "/v2/models/linear/stats", "/v2/models/linear/config", "/v2/repository/index", "/v2/models/../linear", "/v2/models/..%2f..%2fetc%2fpasswd",
        "/v2/models/%2e%2e/%2e%2e", "/v2/models/.hidden", "/v2/models/a%00b/infer", "/v2/models/%zz/infer", "/v2/models/%ff%fe/infer", "/v2/models/a%2Fb/ready",
        "/v2/models/linear%20/infer", "/v2/models/lin%65ar/infer", "/v2//models//linear", "/v2/models/linear;x=1/infer", "/v2/models/linear/infer?%00=%ff&&&=", "/v2/models/nobody/infer",
        "/v1/models/linear", "/v1/models/linear:predict", "/v1/models/linear/versions/1:predict", "/v1/models/linear/labels/stable:predict", "/v1/models/:predict",
        "/v1/models/linear:classify", "/metrics", "/docs/../../etc/passwd", "/docs/%2e%2e/%2e%2e", "/openapi.json", "/docs/index.html",
    ];

    public static HostileRequest Next(Dice dice)
    {
        var path = dice.Below(4) switch
        {
            0 => $"/v2/models/{new string(dice.Pick('a', '.', '%', '/'), dice.Pick(129, 1000, 10_000))}/infer",
            1 => System.Text.Encoding.Latin1.GetString(Mutation.Apply(dice, System.Text.Encoding.Latin1.GetBytes(dice.Pick(Paths)))),
            _ => dice.Pick(Paths),
        };

        // A path with a line break or a blank may hold more than one request, or none.
        var isWhole = path.StartsWith('/') && path.All(static c => c is > ' ' and <= '~');
        var body = dice.OneIn(2) ? System.Text.Encoding.UTF8.GetBytes(HostileBodies.Good(HostileModels.Linear)) : [];
        return new HostileRequest(
            "path", HostileWires.Frame(dice.Pick(Verbs), path, body), isWhole ? HostileEnd.Answer : HostileEnd.HalfClose);
    }
}
