using System.Text;

namespace Krewe.Conformance.Tests.Hostile;

/// <summary>
/// An endless row of malformed and adversarial requests. Each is a function of the seed and its number alone, so that one that did
/// harm can be sent again.
/// </summary>
internal sealed class HostileRequests(ulong seed)
{
    private static readonly string[] Models =
    [
        HostileModels.Linear, HostileModels.TwoInputs, HostileModels.Strings, HostileModels.Scalar, HostileModels.Gather, HostileModels.AnyRank,
        HostileModels.Corrupt, HostileModels.Victim,
    ];

    /// <summary>The request of a number.</summary>
    public HostileRequest this[int number]
    {
        get
        {
            var dice = new Dice(unchecked((seed * 1_000_003) + (ulong)number));
            return dice.Below(20) switch
            {
                < 6 => Infer("mutated body", dice, model => Mutation.Apply(dice, Encoding.UTF8.GetBytes(HostileBodies.Good(model)))),
                < 9 => Infer("shuffled body", dice, _ => Encoding.UTF8.GetBytes(HostileBodies.Shuffled(dice))),
                < 10 => Infer("deep body", dice, _ => Encoding.UTF8.GetBytes(HostileBodies.Deep(dice))),
                < 12 => Binary(dice),
                < 13 => Predict(dice),
                < 14 => Control(dice),
                < 16 => HostilePaths.Next(dice),
                < 17 => HostileWires.Compressed(dice),
                < 18 => HostileWires.Framing(dice),
                < 19 => HostileWires.Garbage(dice),
                _ => HostileWires.Half(dice),
            };
        }
    }

    private static HostileRequest Infer(string kind, Dice dice, Func<string, byte[]> makeBody)
    {
        var model = dice.Pick(Models);
        return new HostileRequest(kind, HostileWires.Frame("POST", $"/v2/models/{model}/infer", makeBody(model)), HostileEnd.Answer, model);
    }

    private static HostileRequest Binary(Dice dice)
    {
        var model = dice.Pick(Models);
        var (body, length) = HostileBodies.Binary(dice);
        return new HostileRequest(
            "binary body", HostileWires.Frame("POST", $"/v2/models/{model}/infer", body, $"Inference-Header-Content-Length: {length}\r\n"), HostileEnd.Answer, model);
    }

    private static HostileRequest Predict(Dice dice)
    {
        var good = dice.Pick(
            """{"instances":[[1,2,3,4],[5,6,7,8]]}""", """{"instances":[{"a":[1,2],"b":[3,4]}]}""", """{"inputs":{"x":[[1,2,3,4]]}}""",
            """{"instances":[{"b64":"aGVsbG8="},"x"]}""", """{"inputs":[0,1]}""", """{"signature_name":"serving_default","instances":[1]}""");
        var model = dice.Pick(Models);
        return new HostileRequest(
            "predict body", HostileWires.Frame("POST", $"/v1/models/{model}:predict", Mutation.Apply(dice, Encoding.UTF8.GetBytes(good))), HostileEnd.Answer, model);
    }

    private static HostileRequest Control(Dice dice)
    {
        var path = dice.Pick(
            $"/v2/repository/models/{HostileModels.Victim}/load", $"/v2/repository/models/{HostileModels.Victim}/unload",
            $"/v2/repository/models/{HostileModels.Corrupt}/load", "/v2/repository/index", $"/v2/repository/models/{HostileModels.Victim}/versions/1/load");
        var good = dice.Pick("", "{}", """{"ready":true}""", """{"parameters":{"unload_dependents":true}}""", """{"parameters":{"config":"{}","file:1/model.onnx":"AAAA"}}""");
        return new HostileRequest(
            "control body", HostileWires.Frame("POST", path, Mutation.Apply(dice, Encoding.UTF8.GetBytes(good))), HostileEnd.Answer,
            path.Contains(HostileModels.Corrupt, StringComparison.Ordinal) ? HostileModels.Corrupt : HostileModels.Victim);
    }
}
